"""Keyframes on disk: finished pictures of some of a plate's frames, each under its frame's number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from replate.errors import BadRequest, NotFound
from replate.media.colour import UNKNOWN
from replate.media.movies import SUFFIXES
from replate.media.pictures import MOST_PIXELS, Wish
from replate.media.plates import Files, Plate
from replate.media.sequences import Pattern, find_files, parse_frames, stated_number

_PICTURES = frozenset((".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".hdr", ".tga"))
"""Endings of what counts in a folder."""
_AT_FRAME = re.compile(r"(.+)@(-?\d+)")


def find_keyframes(pictures: Sequence[str | Path], frames: str | None = None, view: str = "") -> dict[int, Path]:
    """The files of keyframes by their frames' numbers, rising.

    pictures: sequences ("keys/shot.####.png"), of which every file counts that is there, folders, of which every
      picture does that has a number in its name, and single pictures, whose number stands behind an @
      ("painted.png@1012") or in their name ("shot.1012.png").
    frames: those to take of sequences and folders, all of which must be there; None for all there are.
    view: what "%V" stands for.

    Raises `NotFound`, and `BadRequest` for a picture of which nobody says the frame, and for two of one frame.
    """
    files: dict[int, Path] = {}
    for picture in pictures:
        for number, file in _files(str(picture), frames, view):
            if number in files:
                raise BadRequest(
                    f"There are two keyframes for frame {number}, {files[number].name} and {file.name}: give one."
                )
            files[number] = file
    return dict(sorted(files.items()))


def leading(numbers: Iterable[int], first: int, last: int) -> tuple[tuple[int, ...], str]:
    """The keyframes that the frames from first to last are painted by: those among them, and the next on either side.

    And the plate's frames on the way to these, as `open_plate` takes them: what is painted is carried from frame to
    frame.
    """
    known = sorted(numbers)
    start = max((number for number in known if number < first), default=first)
    end = min((number for number in known if number > last), default=last)
    return tuple(number for number in known if start <= number <= end), f"{start}-{first},{last}-{end}"


def open_keyframes(
    files: Mapping[int, Path],
    plate: Plate | None = None,
    *,
    colour_space: str | None = None,
    view: str = "",
    layer: str = "",
    channels: Sequence[str] | None = None,
    most_pixels: int = MOST_PIXELS,
) -> Plate:
    """Keyframes as a plate with gaps.

    plate: what they were painted on, where it is known; a float picture that does not say its colour space is in the
      plate's.
    The others are as `open_plate` takes them. Raises `NotFound`, `BadRequest`, `Damaged`.
    """
    unknown = plate.spec(plate.numbers[0]).colour_space if plate is not None else UNKNOWN
    wish = Wish(colour_space, view, layer, tuple(channels) if channels is not None else None, most_pixels, unknown)
    numbers = sorted(files)
    keyframes = Plate(files[numbers[0]], Files({number: files[number] for number in numbers}, wish))
    keyframes.spec(numbers[0])
    return keyframes


def _files(picture: str, frames: str | None, view: str) -> Iterator[tuple[int, Path]]:
    match = _AT_FRAME.fullmatch(picture)
    path, at = (Path(match[1]), int(match[2])) if match else (Path(picture), None)
    if path.suffix.lower() in SUFFIXES:
        raise BadRequest(f"{path.name} is a movie: write the keyframes as pictures, each with its number.")
    named = (at,) if at is not None else parse_frames(frames) if frames else None
    if path.is_dir():
        yield from _in_folder(path, named)
        return
    pattern = Pattern(path)
    if pattern.numbered:
        yield from find_files(pattern, named if named is not None else tuple(pattern.on_disk(view)), view).items()
        return
    file = pattern.file(0, view)
    number = at if at is not None else stated_number(file)
    if number is None:
        raise BadRequest(f"{path.name} does not say which frame it is of: write {path.name}@1001.")
    if not file.is_file():
        raise NotFound(f"There is no file {file}: check the path.")
    yield number, file


def _in_folder(folder: Path, named: Sequence[int] | None) -> Iterator[tuple[int, Path]]:
    found = [(stated_number(file), file) for file in sorted(folder.iterdir()) if file.suffix.lower() in _PICTURES]
    there = [(number, file) for number, file in found if number is not None and (named is None or number in named)]
    lacking = set(named or ()) - {number for number, _ in there}
    if lacking:
        raise NotFound(f"There is no picture of frame {min(lacking)} in {folder}: name it as key.{min(lacking)}.png.")
    if not there:
        raise NotFound(f"There is no picture in {folder} that says its frame: name one as key.1001.png.")
    yield from there
