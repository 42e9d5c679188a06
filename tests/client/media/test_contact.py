"""A contact sheet shows every frame, and names its rows."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from replate.errors import BadRequest
from replate.frame import Box, Frame, FrameSpec
from replate.media import contact_sheet, picture_of
from replate.media.contact import Layout, cell_of
from replate.media.viewing import wheel


def plain(number: int, channels: tuple[str, ...], *values: float, aspect: float = 1.0) -> Frame:
    space = "lin_rec709" if "R" in channels else "data"
    spec = FrameSpec(number, Box(0, 0, 40, 30), Box(0, 0, 40, 30), channels, colour_space=space, pixel_aspect=aspect)
    return Frame(spec, np.broadcast_to(np.array(values, np.float16), spec.shape).copy())


def test_a_sheet_shows_its_rows_in_order(tmp_path: Path) -> None:
    red, matte = plain(1, ("R", "G", "B"), 1, 0, 0), plain(1, ("subject.A",), 0.5)
    layout = Layout(cell_width=80)
    contact_sheet([("Plate", [red, red]), ("Matte", [matte])], tmp_path / "sheet.png", title="A", layout=layout)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    colours = {tuple(int(value) for value in colour) for colour in sheet.reshape(-1, 3)}
    assert {(255, 0, 0), (128, 128, 128), layout.background} <= colours
    rows = [np.flatnonzero((sheet == shade).all(axis=2).any(axis=1)) for shade in ((255, 0, 0), (128, 128, 128))]
    assert rows[0].max() < rows[1].min()
    assert sheet.shape[1] == 2 * layout.margin + 2 * 80 + layout.gap


def test_short_rows_stand_side_by_side(tmp_path: Path) -> None:
    shades = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    red, green, blue = (plain(1, ("R", "G", "B"), *(value / 255 for value in shade)) for shade in shades)
    layout = Layout(columns=3, cell_width=80)
    rows = [("One", [red]), ("Two", [green, green]), ("Three", [blue])]
    contact_sheet(rows, tmp_path / "sheet.png", layout=layout)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    first, second, third = ((sheet == shade).all(axis=2) for shade in shades)
    np.testing.assert_array_equal(first.any(axis=1), second.any(axis=1))
    assert np.flatnonzero(first.any(axis=0)).max() < np.flatnonzero(second.any(axis=0)).min()
    assert np.flatnonzero(second.any(axis=1)).max() < np.flatnonzero(third.any(axis=1)).min()
    assert sheet.shape[1] == 2 * layout.margin + 3 * 80 + 2 * layout.gap


def test_wide_pixels_are_shown_wide(tmp_path: Path) -> None:
    layout = Layout(cell_width=80)
    contact_sheet([("", [plain(1, ("R", "G", "B"), 0, 1, 0, aspect=2)])], tmp_path / "a.png", layout=layout)
    green = (np.asarray(Image.open(tmp_path / "a.png")) == (0, 255, 0)).all(axis=2)
    assert green.any(axis=0).sum() == 80
    assert green.any(axis=1).sum() == 30


def test_a_cell_has_the_light_of_what_it_shows() -> None:
    frame = plain(1, ("R", "G", "B"), 0, 0, 0)
    pixels = frame.pixels.copy()
    pixels[::2] = 1
    cell = np.asarray(cell_of(frame.with_pixels(pixels), 10))
    assert cell.shape == (8, 10, 3)
    # Half the light is sRGB's 188, and not the mean of its code values.
    np.testing.assert_allclose(cell[1:-1], 188, atol=1)


def test_motion_is_shown_on_the_wheel() -> None:
    still, right = np.zeros((1, 1, 2), np.float32), np.array([[[5, 0]]], np.float32)
    np.testing.assert_allclose(wheel(still, 5), 1)
    np.testing.assert_allclose(wheel(right, 5)[0, 0], (1, 0, 0), atol=0.05)
    assert wheel(-right, 5)[0, 0].argmin() == 0


def test_what_is_not_finite_does_no_harm() -> None:
    frame = plain(1, ("R", "G", "B"), float("nan"), float("inf"), -float("inf"))
    np.testing.assert_array_equal(picture_of(frame)[0, 0], (0, 255, 0))


def test_a_sheet_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no frames"):
        contact_sheet([("Plate", [])], tmp_path / "a.png")
