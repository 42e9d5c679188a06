"""What moves beneath a graph that stays the same: files, values of expressions, results of Replate's own nodes.

Each says its state at a frame. Where something between it and the input moves frames about (`steady` is false), its
state is that of all its frames.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import nuke

from replate_nuke.nodes import Node


class Moving(Protocol):
    def state(self, frame: int) -> str:
        """Another text whenever there may be other pixels at this frame."""


@dataclass(frozen=True)
class Values:
    """A knob with an expression. What the expression names is in the graph; what else it may hang on, is not."""

    knob: Any
    """An nuke.Array_Knob: its methods have no types."""
    steady: bool

    def state(self, frame: int) -> str:
        return " ".join(repr(self.knob.getValueAt(frame, index)) for index in range(int(self.knob.arraySize())))


@dataclass(frozen=True)
class Result:
    """A node of Replate's: it counts by the version that is shown, and where that is there."""

    node: Node
    steady: bool

    @property
    def shown(self) -> str:
        """Names the pixels of the version: its files lie in a folder that is named by all that made them."""
        version = self.node.shown()
        return " ".join(sorted(path.rpartition("/results/")[2] for path in version.outputs.values())) if version else ""

    @property
    def wanted(self) -> bool:
        """Whether it is to show a result: not where it is switched off, nor where the plate was chosen to be seen."""
        node = self.node
        chosen = node.shown() is not None or not node.versions
        return chosen and bool(node.outputs()) and not node.group["disable"].value()

    def state(self, frame: int) -> str:
        there = self.node.there()
        return str(frame in there) if self.steady else str(sorted(there))

    def lacks(self, frames: Sequence[int]) -> list[int]:
        """The frames among these of which it shows no result, though it has one to show and is not switched off."""
        node = self.node
        if not self.wanted:
            return []
        if not self.steady:
            # Any of its own frames may be what is seen.
            version = node.shown()
            first, last = (version.first, version.last) if version is not None else (node.first, node.last)
            frames = range(first, last + 1)
        there = node.there()
        return [frame for frame in frames if frame not in there]


@dataclass(frozen=True)
class Files:
    """A file knob: a sequence, a movie, a LUT, geometry."""

    node: nuke.Node
    pattern: str
    steady: bool

    def state(self, frame: int) -> str:
        if not self.steady or self._retimed:
            return self._all
        number = min(max(frame, self._first), self._last) if self._last >= self._first else frame
        return " ".join(_state(path) for path in self._paths(number))

    def numbers(self) -> set[int]:
        """The frames in a Read's range whose files are there; none where it shows them at other frames than their own.

        A single file is of the frame in its name.
        """
        if self._retimed:
            return set()
        found = {number for path in self._paths(None) for number, _ in _there(path)}
        single = _NUMBER.search(self.pattern.rpartition("/")[2]) is None
        return {number for number in found if single or self._first <= number <= self._last}

    @cached_property
    def _all(self) -> str:
        """Of every file that the pattern stands for: one look at its folder."""
        found = [state for path in self._paths(None) for state in _states(path)]
        return " ".join([f"{self._first}-{self._last}", *found])

    @cached_property
    def _retimed(self) -> bool:
        """Whether a Read shows its files at other frames than their own."""
        if self.node.knob("frame_mode") is None:
            return False
        outside = [str(self.node[name].value()) for name in ("before", "after")]
        return bool(str(self.node["frame"].value()).strip()) or "loop" in outside or "bounce" in outside

    @cached_property
    def _first(self) -> int:
        return self._limit("first", 1)

    @cached_property
    def _last(self) -> int:
        return self._limit("last", 0)

    def _limit(self, name: str, absent: int) -> int:
        read = self.node.knob("origset") is not None
        return int(self.node[name].value()) if read else absent

    def _paths(self, number: int | None) -> Iterator[str]:
        """The files of a frame, one a view; with the frame's place left open for None."""
        views = nuke.views() if re.search("%[vV]", self.pattern) else [""]
        for view in views:
            path = self.pattern.replace("%V", view).replace("%v", view[:1])
            yield _whole(path if number is None else _numbered(path, number))


_NUMBER = re.compile(r"%(0?\d*)d|(#+)")


def _numbered(path: str, number: int) -> str:
    folder, _, name = path.rpartition("/")
    sign = _NUMBER.search(name)
    if sign is None:
        return path
    text = f"%{sign[1] or ''}d" % number if sign[2] is None else f"{number:0{len(sign[2])}d}"
    return f"{folder}/{name[: sign.start()]}{text}{name[sign.end() :]}"


def _whole(path: str) -> str:
    """A path that does not say from where is beneath the project's folder."""
    if Path(path).is_absolute():
        return path
    return Path(str(nuke.root()["project_directory"].value()), path).as_posix()


def _state(path: str) -> str:
    try:
        found = Path(path).stat()
    except OSError:
        return "-"
    return f"{found.st_size} {found.st_mtime_ns}"


def _states(pattern: str) -> list[str]:
    """Of each file that a pattern stands for."""
    folder, _, name = pattern.rpartition("/")
    if _NUMBER.search(name) is None:
        return [_state(pattern)]
    there = sorted(file for _, file in _there(pattern))
    return [f"{each} {_state(f'{folder}/{each}')}" for each in there] or ["-"]


def _there(pattern: str) -> list[tuple[int, str]]:
    """Numbers and names of the files that a pattern stands for, or of the one file that it is."""
    folder, _, name = pattern.rpartition("/")
    sign = _NUMBER.search(name)
    if sign is None:
        stated = re.search(r"[._](\d+)\.\w+$", name)
        return [(int(stated[1]), name)] if stated else []
    whole = re.compile(re.escape(name[: sign.start()]) + r"(-?\d+)" + re.escape(name[sign.end() :]))
    try:
        found = [whole.fullmatch(entry.name) for entry in os.scandir(folder)]
    except OSError:
        return []
    return [(int(match[1]), match[0]) for match in found if match]
