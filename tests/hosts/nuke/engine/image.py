"""A picture as it flows between nodes: planes over a data window, within a format. The origin is at the bottom left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""[height, width]; the first row is the lowest."""


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels from x to before r, and from y to before t."""

    x: int
    y: int
    r: int
    t: int

    @property
    def width(self) -> int:
        return max(0, self.r - self.x)

    @property
    def height(self) -> int:
        return max(0, self.t - self.y)

    @property
    def empty(self) -> bool:
        return not (self.width and self.height)

    def union(self, other: Box) -> Box:
        if self.empty or other.empty:
            return other if self.empty else self
        return Box(min(self.x, other.x), min(self.y, other.y), max(self.r, other.r), max(self.t, other.t))

    def intersection(self, other: Box) -> Box:
        """Empty, at the corner of where it would be, when they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Box(x, y, max(x, min(self.r, other.r)), max(y, min(self.t, other.t)))

    def moved(self, x: int, y: int) -> Box:
        return Box(self.x + x, self.y + y, self.r + x, self.t + y)


@dataclass(frozen=True, slots=True)
class Format:
    width: int
    height: int
    pixel_aspect: float = 1.0
    name: str = ""

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width, self.height)


@dataclass(frozen=True, eq=False)
class Image:
    format: Format
    box: Box
    planes: Mapping[str, Plane] = field(default_factory=dict)
    """By channel, "rgba.red", each over the whole box."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """By Nuke's keys: "exr/owner", "input/timecode"."""
    edge_repeats: bool = False
    """What is outside of the box: its edge, on and on, or black."""

    @classmethod
    def black(cls, format: Format) -> Image:
        """What an unconnected input gives."""
        return cls(format, Box(0, 0, 0, 0))

    def plane(self, channel: str, box: Box, *, repeat: bool | None = None) -> Plane:
        """A channel over any box; black where there is none. `repeat` overrides `edge_repeats`."""
        whole = self.planes.get(channel)
        if whole is None or self.box.empty:
            return np.zeros((box.height, box.width), np.float32)
        if box == self.box:
            return whole
        rows, columns = np.arange(box.y, box.t) - self.box.y, np.arange(box.x, box.r) - self.box.x
        found = whole[np.ix_(np.clip(rows, 0, self.box.height - 1), np.clip(columns, 0, self.box.width - 1))].astype(
            np.float32
        )
        if not (self.edge_repeats if repeat is None else repeat):
            found[(rows < 0) | (rows >= self.box.height), :] = 0
            found[:, (columns < 0) | (columns >= self.box.width)] = 0
        return found

    def over(self, box: Box) -> Image:
        """The same picture with another box."""
        if box == self.box:
            return self
        return replace(self, box=box, planes={name: self.plane(name, box) for name in self.planes})

    def having(self, planes: Mapping[str, Plane]) -> Image:
        """With these planes, over the box, in place of its own or beside them."""
        return replace(self, planes={**self.planes, **planes})

    def only(self, channels: Iterable[str]) -> Image:
        kept = set(channels)
        return replace(self, planes={name: plane for name, plane in self.planes.items() if name in kept})
