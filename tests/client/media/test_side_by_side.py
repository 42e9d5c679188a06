"""Plates side by side: the same frames in step, each under its name, small enough to be watched."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from replate.errors import BadRequest, Cancelled
from replate.frame import Box, Frame, FrameSpec
from replate.media import Plate, PlateWriter, open_plate, picture_of
from replate.media.contact import _wrapped
from replate.media.metadata import rate_of
from replate.media.side_by_side import write_sheet, write_side_by_side

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@pytest.fixture
def plates(tmp_path: Path) -> dict[str, Plate]:
    """Red, green and blue, 32 by 18: of the frames 1001, 1006 and 1011, each darker than the one before."""
    for name, colour in {"red": RED, "green": GREEN, "blue": BLUE}.items():
        write(tmp_path / name / "a.####.exr", colour, (1001, 1006, 1011))
    return {name: open_plate(tmp_path / name / "a.####.exr") for name in ("red", "green", "blue")}


def write(
    pattern: Path,
    colour: tuple[float, ...],
    numbers: tuple[int, ...],
    size: tuple[int, int] = (32, 18),
    aspect: float = 1,
) -> None:
    writer = PlateWriter(pattern)
    for place, number in enumerate(numbers):
        window = Box(0, 0, *size)
        spec = FrameSpec(
            number, window, window, ("R", "G", "B"), colour_space="lin_rec709", pixel_aspect=aspect,
            metadata={"framesPerSecond": (24000.0, 1001.0)},
        )  # fmt: skip
        pixels = np.broadcast_to(np.array(colour, np.float16) * (1 - place / 4), spec.shape)
        writer.write(Frame(spec, pixels.astype(np.float16)))


def covered(sheet: np.ndarray, channel: int) -> np.ndarray:
    """Where one colour is, and no other."""
    others = [other for other in range(3) if other != channel]
    return (sheet[:, :, channel] > 120) & (sheet[:, :, others] < 90).all(axis=2)


def test_a_few_are_shown_at_the_first_the_middle_and_the_last_frame(plates: dict[str, Plate], tmp_path: Path) -> None:
    write_sheet(tmp_path / "s.png", list(plates.items()), title="shot")
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    rows = [np.flatnonzero(covered(sheet, channel).any(axis=1)) for channel in range(3)]
    assert rows[0].max() < rows[1].min() < rows[1].max() < rows[2].min()
    levels = np.unique(sheet[covered(sheet, 0)][:, 0])
    assert len(levels[np.diff(levels, prepend=0) > 8]) == 3


def test_many_are_shown_in_a_grid_that_fits_a_screen(plates: dict[str, Plate], tmp_path: Path) -> None:
    shown = [(f"{number}: strength 0.4 · style a_name_that_goes_on_and_on.jpg", plates["red"]) for number in range(65)]
    write_sheet(tmp_path / "s.png", shown)
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    assert sheet.shape[1] <= 3840
    assert sheet.shape[0] <= 2160
    columns, rows = ((np.diff(covered(sheet, 0).any(axis=axis).astype(int)) == 1).sum() for axis in (0, 1))
    assert 0 <= columns * rows - 65 < columns


def test_no_name_is_wider_than_its_picture() -> None:
    for text in ("strength 0.4 · style " + "x" * 80, " · ".join(f"parameter_{number} 0.5" for number in range(9)), ""):
        lines = _wrapped(text, 15, 180)
        assert len(lines) <= 3
        assert all(ImageFont.load_default(15).getlength(line) <= 180 for line in lines)
    assert _wrapped("strength 0.4 · seed 1", 15, 180) == ("strength 0.4 · seed 1",)


def test_a_movie_has_the_same_frames_in_step_as_fast_as_they_are(plates: dict[str, Plate], tmp_path: Path) -> None:
    write_side_by_side(tmp_path / "m.mp4", [*plates.items(), ("late", plates["blue"].of([1011]))])
    movie = open_plate(tmp_path / "m.mp4")
    assert len(movie) == 3
    assert rate_of(movie.spec(1).metadata) == Fraction(24000, 1001) / 5
    pictures = [picture_of(frame) for frame in movie]
    for channel in range(3):
        levels = [picture[covered(pictures[0], channel)][:, channel].mean() for picture in pictures]
        assert levels[0] > levels[1] + 8 > levels[2] + 16
    # What has not come is black until it comes.
    assert covered(pictures[2], 2).sum() > 1.8 * covered(pictures[1], 2).sum()


@pytest.mark.parametrize(
    ("size", "aspect", "shape"), [((9, 16), 1, 9 / 16), ((16, 9), 2, 32 / 9), ((15, 7), 1, 15 / 7)]
)
def test_pictures_have_the_shape_they_are_looked_at_in(
    tmp_path: Path, size: tuple[int, int], aspect: float, shape: float
) -> None:
    write(tmp_path / "a.####.exr", RED, (1, 2), size, aspect)
    write_side_by_side(tmp_path / "m.mp4", [("", open_plate(tmp_path / "a.####.exr"))])
    where = covered(picture_of(open_plate(tmp_path / "m.mp4").read(1)), 0)
    assert abs(where.any(axis=0).sum() / where.any(axis=1).sum() / shape - 1) < 0.03


def test_nothing_cannot_be_shown_and_writing_can_be_stopped(plates: dict[str, Plate], tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled("No more.")

    with pytest.raises(BadRequest, match="no frames"):
        write_sheet(tmp_path / "s.png", [])
    with pytest.raises(Cancelled):
        write_side_by_side(tmp_path / "m.mp4", list(plates.items()), before=stop)
    assert not list(tmp_path.glob("*m.mp4*"))
