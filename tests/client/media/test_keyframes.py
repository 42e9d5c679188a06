"""Keyframes are found with their numbers, and which of them a range is painted by."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from replate.errors import BadRequest, NotFound
from replate.media import find_keyframes, open_keyframes, open_plate
from replate.media.keyframes import leading


def paint(path: Path, grey: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = oiio.ImageOutput.create(str(path))
    assert file.open(str(path), oiio.ImageSpec(4, 3, 3, "half" if path.suffix == ".exr" else "uint8"))
    assert file.write_image(np.full((3, 4, 3), grey, np.float32))
    assert file.close()
    return path


def test_of_a_sequence_those_count_that_are_there(tmp_path: Path) -> None:
    for number in (1001, 1012, 1013):
        paint(tmp_path / f"key.{number}.png")
    keys = open_keyframes(find_keyframes([tmp_path / "key.####.png"]))
    assert keys.numbers == (1001, 1012, 1013)
    assert keys.read(1012).spec.number == 1012
    assert keys.read(1012).spec.colour_space == "lin_rec709"
    assert list(find_keyframes([tmp_path / "key.####.png"], "1012-1013")) == [1012, 1013]
    with pytest.raises(NotFound, match="Frame 1002 of"):
        find_keyframes([tmp_path / "key.####.png"], "1001,1002")


def test_single_pictures_say_their_frame(tmp_path: Path) -> None:
    first, second = paint(tmp_path / "painted.png", 0.2), paint(tmp_path / "shot.1024.png", 0.8)
    keys = open_keyframes(find_keyframes([second, f"{first}@1003"]))
    assert keys.numbers == (1003, 1024)
    assert keys.read(1003).pixels.mean() < keys.read(1024).pixels.mean()


def test_of_a_folder_every_picture_counts_that_says_its_frame(tmp_path: Path) -> None:
    for name in ("shot.1024.png", "mine_1003.tif", "notes.png"):
        paint(tmp_path / "keys" / name)
    (tmp_path / "keys" / "shot.1030.psd").touch()
    assert list(find_keyframes([tmp_path / "keys"])) == [1003, 1024]
    assert list(find_keyframes([tmp_path / "keys"], "1024")) == [1024]
    with pytest.raises(NotFound, match=r"no picture of frame 1005 in .*: name it as key\.1005\.png"):
        find_keyframes([tmp_path / "keys"], "1003,1005")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match=r"that says its frame: name one as key\.1001\.png"):
        find_keyframes([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (["painted.png"], "painted.png does not say which frame it is of: write painted.png@1001."),
        (["painted.png@3", "shot.0003.png"], "two keyframes for frame 3, painted.png and shot.0003.png: give one."),
        (["painted.mov@3"], "painted.mov is a movie: write the keyframes as pictures"),
        (["lost.0003.png"], "There is no file"),
        (["lost.####.png"], "There is no frame of lost.####.png"),
    ],
)
def test_what_is_no_keyframe_is_refused(tmp_path: Path, pictures: list[str], said: str) -> None:
    paint(tmp_path / "painted.png")
    paint(tmp_path / "shot.0003.png")
    with pytest.raises((BadRequest, NotFound), match=re.escape(said)):
        find_keyframes([tmp_path / picture for picture in pictures])


def test_a_float_picture_is_in_the_plates_space_unless_it_says_another(tmp_path: Path) -> None:
    for name in ("plate.1001.exr", "plate.1002.exr", "key.1002.exr", "key.1002.png"):
        paint(tmp_path / name)
    plate = open_plate(tmp_path / "plate.####.exr", colour_space="ACEScg")
    spaces = [
        open_keyframes({1002: tmp_path / name}, plate, colour_space=given).spec(1002).colour_space
        for name, given in (("key.1002.exr", None), ("key.1002.exr", "ACES2065-1"), ("key.1002.png", None))
    ]
    assert spaces == ["ACEScg", "ACES2065-1", "lin_rec709"]
    assert open_keyframes({1002: tmp_path / "key.1002.exr"}).spec(1002).colour_space == "scene_linear"


def test_a_range_is_painted_by_the_next_on_either_side() -> None:
    for (first, last), numbers, on_the_way in (
        ((1012, 1014), (1010, 1020), "1010-1012,1014-1020"),
        ((1005, 1010), (1001, 1010, 1020), "1001-1005,1010-1020"),
        ((1031, 1040), (1030,), "1030-1031,1040-1040"),
        ((1001, 1030), (1001, 1010, 1020, 1030), "1001-1001,1030-1030"),
    ):
        assert leading((1030, 1001, 1010, 1020), first, last) == (numbers, on_the_way)
