"""A plate's files: patterns, ranges, and what is missing."""

from pathlib import Path

import pytest

from replate.errors import BadRequest, NotFound
from replate.media import Pattern, open_plate, parse_frames, say_frames
from replate.media.sequences import find_files, still_number


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1001-1004", (1001, 1002, 1003, 1004)),
        ("1-10x3,20", (1, 4, 7, 10, 20)),
        ("-2-1", (-2, -1, 0, 1)),
        ("-5--4", (-5, -4)),
        ("3, 1, 3", (1, 3)),
        ("4-1", (1, 2, 3, 4)),
    ],
)
def test_a_range_is_read_as_an_artist_writes_it(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_frames(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "1-", "1-5x0", "1..5", "1-2000000000"])
def test_what_is_no_range_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match=r"range|at most"):
        parse_frames(text)


def test_frames_are_said_as_an_artist_says_them() -> None:
    assert say_frames([1009, 1003, 1007, 1008]) == "1003 and 1007-1009"
    assert say_frames([7]) == "7"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a b/shot.####.exr", "shot.0007.exr"),
        ("a b/shot.%04d.exr", "shot.0007.exr"),
        ("a b/shot.#.exr", "shot.7.exr"),
        ("a b/shot_%d.exr", "shot_7.exr"),
        ("a b/shot.$F4.exr", "shot.0007.exr"),
        ("a b/##1/####.exr", "0007.exr"),
    ],
)
def test_every_way_to_write_a_frame_number_is_understood(pattern: str, name: str) -> None:
    assert Pattern(Path(pattern)).numbered
    assert Pattern(Path(pattern)).file(7).name == name


def test_a_view_has_its_place_in_a_pattern(tmp_path: Path) -> None:
    touch(tmp_path / "left", "shot_left.0001.exr")
    pattern = Pattern(tmp_path / "%V" / "shot_%V.####.exr")
    assert pattern.file(1, "left") == tmp_path / "left" / "shot_left.0001.exr"
    assert list(pattern.on_disk("left")) == [1]


def test_files_are_found_with_spaces_brackets_and_negative_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "shot [v1] #2"
    touch(folder, "s.-0002.exr", "s.-001.exr", "s.0000.exr", "s.0001.exr", "s.10000.exr", "s.2.exr", "s.0001.png")
    assert list(Pattern(folder / "s.####.exr").on_disk()) == [-2, -1, 0, 1, 10000]


def test_missing_frames_are_named(tmp_path: Path) -> None:
    touch(tmp_path, *(f"shot.{n}.exr" for n in (1001, 1002, 1004, 1005, 1006, 1010)))
    with pytest.raises(NotFound) as error:
        open_plate(tmp_path / "shot.####.exr")
    assert str(error.value) == (
        "Frames 1003 and 1007-1009 of shot.####.exr are missing: render them, or ask for the range without them."
    )
    with pytest.raises(NotFound, match=r"^Frame 1011 of shot.####.exr is missing: render it"):
        open_plate(tmp_path / "shot.####.exr", "1010-1011")


def test_a_plate_on_every_other_frame_is_whole(tmp_path: Path) -> None:
    touch(tmp_path, "s.1.exr", "s.3.exr", "s.5.exr")
    assert list(find_files(Pattern(tmp_path / "s.#.exr"), None)) == [1, 3, 5]


def test_handles_come_along_where_they_are_there(tmp_path: Path) -> None:
    touch(tmp_path, *(f"s.{n}.exr" for n in range(1, 8)))
    assert list(find_files(Pattern(tmp_path / "s.#.exr"), (2, 3, 4), handles=2)) == [1, 2, 3, 4, 5, 6]


def test_a_still_has_the_number_in_its_name() -> None:
    assert still_number(Path("a/shot.1001.exr")) == 1001
    assert still_number(Path("a/starry_night2.jpg")) == 1


@pytest.mark.parametrize("path", ["nowhere/shot.####.exr", "nowhere/shot.exr", "nowhere/shot.mov"])
def test_a_path_to_nothing_is_said(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotFound, match="check the path"):
        open_plate(tmp_path / path)


def test_a_folder_is_no_plate(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="is a folder"):
        open_plate(tmp_path)
