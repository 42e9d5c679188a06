"""A plate holds together, and many threads may read it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from replate.errors import BadRequest, NotFound
from replate.frame import Box, Frame, FrameSpec
from replate.media import PlateWriter, open_plate
from replate.plates import Fingerprinted
from replate.plates import Plate as Sendable


def frame(number: int, **changes: object) -> Frame:
    fields: dict[str, object] = {
        "data_window": Box(0, 0, 8, 6),
        "display_window": Box(0, 0, 8, 6),
        "channels": ("R", "G", "B"),
        "colour_space": "ACEScg",
    }
    spec = FrameSpec(number, **(fields | changes))  # type: ignore[arg-type]
    return Frame(spec, np.full(spec.shape, number, spec.pixel_type.dtype))


def write(folder: Path, *frames: Frame) -> Path:
    writer = PlateWriter(folder / "shot.####.exr")
    for each in frames:
        writer.write(each)
    return folder / "shot.####.exr"


def test_frames_come_on_their_own_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, *(frame(number) for number in range(-2, 4)))
    plate = open_plate(path)
    assert plate.numbers == (-2, -1, 0, 1, 2, 3)
    assert [(each.spec.number, float(each.pixels[0, 0, 0])) for each in plate] == [(n, n) for n in plate.numbers]
    assert len(open_plate(path, "-1-1")) == 3
    with pytest.raises(NotFound, match="Frame 3"):
        open_plate(path, "-1-1").read(3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"display_window": Box(0, 0, 9, 6)}, "the format 9 x 6 where frame 1 has 8 x 6"),
        ({"display_window": Box(1, 0, 8, 6)}, "the format 8 x 6 at 1, 0 where frame 1 has 8 x 6"),
        ({"pixel_aspect": 2.0}, "the pixel aspect 2.0 where frame 1 has 1.0"),
        ({"channels": ("R", "G", "B", "A")}, "the channels R, G, B, A where frame 1 has R, G, B"),
        ({"colour_space": "lin_rec709"}, "the colour space lin_rec709 where frame 1 has ACEScg"),
    ],
)
def test_the_first_frame_that_differs_is_named(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    plate = open_plate(write(tmp_path, frame(1), frame(2), frame(3, **changes), frame(4, **changes)))
    for look in (lambda: list(plate), lambda: list(plate.specs())):
        with pytest.raises(BadRequest) as error:
            look()
        assert str(error.value).startswith(f"Frame 3 of shot.####.exr has {said}")


def test_data_windows_may_differ(tmp_path: Path) -> None:
    plate = open_plate(write(tmp_path, frame(1), frame(2, data_window=Box(-3, -2, 20, 3))))
    assert plate.read(2).spec.data_window == Box(-3, -2, 20, 3)


def test_several_threads_read_at_once(tmp_path: Path) -> None:
    plate = open_plate(write(tmp_path, *(frame(number) for number in range(1, 25))))
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(plate.read, [*plate.numbers, *reversed(plate.numbers)]))
    assert all((each.pixels == each.spec.number).all() for each in read)


def test_a_fingerprint_changes_with_the_file_and_with_how_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, frame(1))
    file = tmp_path / "shot.0001.exr"
    plate = open_plate(path)
    assert isinstance(plate, Sendable)
    assert isinstance(plate, Fingerprinted)
    young = plate.fingerprint(1)
    assert young is not None and not young.settled
    settle(file, 1_000_000_000)
    first = plate.fingerprint(1)
    assert first is not None and first.settled
    assert first == open_plate(path).fingerprint(1)
    assert first != open_plate(path, colour_space="lin_rec709").fingerprint(1)
    settle(file, 1_000_000_001)
    assert first != plate.fingerprint(1)
    file.unlink()
    assert plate.fingerprint(1) is None


def settle(file: Path, seconds: int) -> None:
    os.utime(file, (seconds, seconds))
