"""Keyframes on disk: finished pictures of some of a plate's frames, each under its frame's number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from replate.errors import BadRequest, NotFound
from replate.media.movies import SUFFIXES
from replate.media.pictures import MOST_PIXELS, Wish
from replate.media.plates import Files, Plate
from replate.media.sequences import Pattern, find_files, parse_frames, stated_number

_PICTURES = frozenset((".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".hdr", ".tga"))
"""Endings of what counts in a folder."""
_AT_FRAME = re.compile(r"(.+)@(-?\d+)")


def open_keyframes(
    pictures: Sequence[str | Path],
    frames: str | None = None,
    *,
    colour_space: str | None = None,
    view: str = "",
    layer: str = "",
    channels: Sequence[str] | None = None,
    most_pixels: int = MOST_PIXELS,
) -> Plate:
    """Keyframes as a plate with gaps.

    pictures: sequences with gaps ("keys/shot.####.png"), of which every file counts that is there, folders, of which
      every picture does that has a number in its name, and single pictures, whose number stands behind an @
      ("painted.png@1012") or in their name ("shot.1012.png").
    frames: those to take of a sequence, all of which must be there; None for all there are.
    The others are as `open_plate` takes them.

    Raises `NotFound`, `BadRequest` (a picture of which nobody says the frame, two of one frame), `Damaged`.
    """
    files: dict[int, Path] = {}
    for picture in pictures:
        for number, file in _files(str(picture), frames, view):
            if number in files:
                raise BadRequest(
                    f"There are two keyframes for frame {number}, {files[number].name} and {file.name}: give one."
                )
            files[number] = file
    wish = Wish(colour_space, view, layer, tuple(channels) if channels is not None else None, most_pixels)
    plate = Plate(Path(pictures[0]), Files(dict(sorted(files.items())), wish))
    plate.spec(plate.numbers[0])
    return plate


def leading(keyframes: Plate, first: int, last: int) -> tuple[Plate, str]:
    """The keyframes that the frames from first to last are painted by: those among them, and the next on either side.

    And the plate's frames on the way to these, as `open_plate` takes them: what is painted is carried from frame to
    frame.
    """
    numbers = keyframes.numbers
    start = max((number for number in numbers if number < first), default=first)
    end = min((number for number in numbers if number > last), default=last)
    return keyframes.of([number for number in numbers if start <= number <= end]), f"{start}-{first},{last}-{end}"


def _files(picture: str, frames: str | None, view: str) -> Iterator[tuple[int, Path]]:
    match = _AT_FRAME.fullmatch(picture)
    path, at = (Path(match[1]), int(match[2])) if match else (Path(picture), None)
    if path.suffix.lower() in SUFFIXES:
        raise BadRequest(f"{path.name} is a movie: write the keyframes as pictures, each with its number.")
    if path.is_dir():
        yield from _in_folder(path)
        return
    pattern = Pattern(path)
    if pattern.numbered:
        wanted = (at,) if at is not None else parse_frames(frames) if frames else tuple(pattern.on_disk(view))
        yield from find_files(pattern, wanted, view).items()
        return
    file = pattern.file(0, view)
    number = at if at is not None else stated_number(file)
    if number is None:
        raise BadRequest(f"{path.name} does not say which frame it is of: write {path.name}@1001.")
    if not file.is_file():
        raise NotFound(f"There is no file {file}: check the path.")
    yield number, file


def _in_folder(folder: Path) -> Iterator[tuple[int, Path]]:
    found = [(stated_number(file), file) for file in sorted(folder.iterdir()) if file.suffix.lower() in _PICTURES]
    numbered = [(number, file) for number, file in found if number is not None]
    if not numbered:
        raise NotFound(f"There is no picture in {folder} that says its frame: name one as key.1001.png.")
    yield from numbered
