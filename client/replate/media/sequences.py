"""Which files a plate is made of: patterns, frame ranges, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fileseq import framesToFrameRange
from fileseq.constants import PAD_STYLE_HASH1
from fileseq.filesequence import FileSequence
from fileseq.frameset import FrameSet

from replate.errors import BadRequest, NotFound

MOST_FRAMES = 1_000_000
"""A frame range longer than this is a slip of the keyboard."""

_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+))?(?:x(\d+))?")
_STILL_NUMBER = re.compile(r"[._](\d+)$")


def parse_frames(text: str) -> tuple[int, ...]:
    """Frame numbers, rising, from "1001-1024", "1-10x2,20" or "-5--1".

    Raises `BadRequest` for what is no range, and for more than `MOST_FRAMES` frames.
    """
    count = 0
    for item in text.replace(" ", "").split(","):
        match = _RANGE.fullmatch(item)
        if not match or match[3] == "0":
            raise BadRequest(f'"{text}" is no frame range: write it as 1001-1024, 1-10x2 or 1,5,9.')
        first = int(match[1])
        count += abs(int(match[2] or first) - first) // int(match[3] or 1) + 1
    if count > MOST_FRAMES:
        raise BadRequest(f'"{text}" is {count:,} frames: ask for at most {MOST_FRAMES:,}.')
    numbers = FrameSet(text.replace(" ", ""))
    return tuple(sorted({int(number) for number in numbers}))


def say_frames(numbers: Iterable[int]) -> str:
    """Frame numbers as an artist writes them: "1003 and 1007-1009"."""
    ranges = str(framesToFrameRange(sorted(set(numbers)))).split(",")
    return ranges[0] if len(ranges) == 1 else f"{', '.join(ranges[:-1])} and {ranges[-1]}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path that stands for the files of a plate: "shot.%04d.exr", "shot.####.exr", "shot.$F4.exr".

    "%V" in it stands for the name of a view. A path without a place for the
    frame number is a single file.
    """

    path: Path

    @property
    def numbered(self) -> bool:
        """Whether the name has a place for the frame number."""
        sequence = self._sequence
        return bool(sequence.padding()) and sequence.frameSet() is None

    def file(self, number: int, view: str = "") -> Path:
        """The file of a frame; without a place for its number, the one file there is."""
        if not self.numbered:
            return _with_view(self.path, view)
        return _with_view(self.path.parent / str(self._sequence.frame(number)), view)

    def on_disk(self, view: str = "") -> dict[int, Path]:
        """The files that are there, by frame number, rising. Raises `NotFound` where there is no folder."""
        folder = _with_view(self.path.parent, view)
        if not folder.is_dir():
            raise NotFound(f"There is no folder {folder}: check the path of {self.path.name}.")
        sequence = self._sequence
        name = re.compile(
            re.escape(_name_with_view(sequence.basename(), view))
            + r"(-?\d+)"
            + re.escape(_name_with_view(sequence.extension(), view))
        )
        found: dict[int, Path] = {}
        for entry in folder.iterdir():
            match = name.fullmatch(entry.name)
            if match and match[1] in _spellings(int(match[1]), sequence.zfill()):
                found[int(match[1])] = entry
        return dict(sorted(found.items()))

    @property
    def _sequence(self) -> FileSequence:
        # Only the name is parsed: a folder may have signs in it that look like padding.
        return FileSequence(self.path.name, pad_style=PAD_STYLE_HASH1)


def find_files(pattern: Pattern, numbers: Sequence[int] | None, view: str = "", handles: int = 0) -> dict[int, Path]:
    """The files of a numbered pattern, all of them or those asked for.

    Without numbers the plate is what is on disk, which must be an unbroken row
    (or one with a constant step). `handles`: that many frames before and after
    those asked for come along where they are there.
    Raises `NotFound`, naming what is missing.
    """
    found = pattern.on_disk(view)
    name = pattern.path.name
    if not found:
        raise NotFound(f"There is no frame of {name} in {pattern.path.parent}: check the path.")
    wanted = tuple(numbers) if numbers is not None else _unbroken(tuple(found))
    missing = [number for number in wanted if number not in found]
    if missing:
        frames, are = ("Frame", "is") if len(missing) == 1 else ("Frames", "are")
        it = "it" if len(missing) == 1 else "them"
        raise NotFound(
            f"{frames} {say_frames(missing)} of {name} {are} missing: render {it}, or ask for the range without {it}."
        )
    return {number: found[number] for number in with_handles(wanted, found, handles)}


def with_handles(wanted: Sequence[int], there: Container[int], handles: int) -> tuple[int, ...]:
    """Rising frame numbers, and those before and after them that are there."""
    before = [number for number in range(wanted[0] - handles, wanted[0]) if number in there]
    after = [number for number in range(wanted[-1] + 1, wanted[-1] + 1 + handles) if number in there]
    return (*before, *wanted, *after)


def still_number(path: Path) -> int:
    """The number a single file has in its name ("shot.1001.exr"), or 1."""
    stated = stated_number(path)
    return 1 if stated is None else stated


def stated_number(path: Path) -> int | None:
    """The number a single file has in its name; None where it has none."""
    match = _STILL_NUMBER.search(path.stem)
    return int(match[1]) if match else None


def _unbroken(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The row these frames stand in: every one from first to last, unless they keep to one greater step."""
    steps = {after - before for before, after in pairwise(numbers)}
    step = steps.pop() if len(steps) == 1 and len(numbers) > 2 else 1
    return tuple(range(numbers[0], numbers[-1] + 1, step))


def _spellings(number: int, width: int) -> tuple[str, str]:
    """How programs write a number: the sign counts as a digit (printf), or it does not."""
    return f"{number:0{width}d}", f"{'-' if number < 0 else ''}{abs(number):0{width}d}"


def _with_view(path: Path, view: str) -> Path:
    return Path(_name_with_view(str(path), view))


def _name_with_view(text: str, view: str) -> str:
    return text.replace("%V", view or "main")
