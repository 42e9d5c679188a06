"""The frames that there are of a node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nuke._session import session

if TYPE_CHECKING:
    from nuke._nodes import Node


class FrameRange:
    """`FrameRange(first, last, increment)` or `FrameRange("1-10x2")`."""

    def __init__(self, first: int | str = 0, last: int | None = None, increment: int = 1) -> None:
        if isinstance(first, str):
            found = re.fullmatch(r"\s*(-?\d+)(?:-(-?\d+))?(?:x(\d+))?\s*", first)
            if not found:
                raise RuntimeError(f"{first!r} is no range of frames")
            self._first = int(found[1])
            self._last = int(found[2]) if found[2] else self._first
            self._increment = int(found[3] or 1)
        else:
            self._first, self._last, self._increment = int(first), int(first if last is None else last), int(increment)

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self._last

    def increment(self) -> int:
        return self._increment

    def minFrame(self) -> int:
        return min(self._first, self._last)

    def maxFrame(self) -> int:
        return max(self._first, self._last)

    def frames(self) -> int:
        return len(list(self))

    def isInRange(self, n: int) -> bool:
        return n in list(self)

    def setFirst(self, n: int) -> None:
        self._first = int(n)

    def setLast(self, n: int) -> None:
        self._last = int(n)

    def setIncrement(self, n: int) -> None:
        self._increment = int(n)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._last + 1, self._increment))

    def __str__(self) -> str:
        step = f"x{self._increment}" if self._increment != 1 else ""
        return f"{self._first}-{self._last}{step}"


class FrameRanges:
    """`FrameRanges("1-10 20-30x2")`, or of a list of FrameRange or of frames."""

    def __init__(self, told: str | list[FrameRange] | list[int] | FrameRange = "") -> None:
        each = (
            told.replace(",", " ").split()
            if isinstance(told, str)
            else [told]
            if isinstance(told, FrameRange)
            else told
        )
        self._ranges = [one if isinstance(one, FrameRange) else FrameRange(one) for one in each]

    def add(self, r: FrameRange) -> None:
        self._ranges.append(r)

    def toFrameList(self) -> list[int]:
        return sorted({frame for each in self._ranges for frame in each})

    def size(self) -> int:
        return len(self._ranges)

    def minFrame(self) -> int:
        return min(self.toFrameList())

    def maxFrame(self) -> int:
        return max(self.toFrameList())

    def __iter__(self) -> Iterator[FrameRange]:
        return iter(self._ranges)

    def __str__(self) -> str:
        return " ".join(map(str, self._ranges))


def of(node: Node) -> FrameRange:
    """Of a Read its file's, moved as it says; of what has an input that one's; else the script's."""
    kind = node.Class()
    if kind == "Read":
        return _read(node)
    if kind == "FrameRange":
        return FrameRange(int(node["first_frame"].value()), int(node["last_frame"].value()))
    chosen = _source(node)
    if chosen is None:
        return _root()
    above = of(chosen)
    if kind == "TimeOffset":
        offset = int(node["time_offset"].value())
        return FrameRange(above.first() + offset, above.last() + offset)
    return above


def _source(node: Node) -> Node | None:
    """Whose frames are the node's."""
    kind = node.Class()
    group = node._group
    if kind == "Group":
        return next((each for each in getattr(node, "_nodes", ()) if each.Class() == "Output"), None)
    if kind == "Input" and group is not None:
        return group.input(int(node["number"].value()))
    return node.input(int(node["which"].value()) if kind == "Switch" else 0)


def _read(node: Node) -> FrameRange:
    first, last = int(node["first"].value()), int(node["last"].value())
    told, mode = str(node["frame"].value()).strip(), node["frame_mode"].value()
    if told and mode == "start at":
        return FrameRange(int(told), int(told) + last - first)
    if told and mode == "offset":
        return FrameRange(first - int(told), last - int(told))
    return FrameRange(first, last)


def _root() -> FrameRange:
    return FrameRange(session.root.firstFrame(), session.root.lastFrame())
