"""Holes of a picture, a neighbourhood at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.frame import Box
from replate_server.darkroom.matte import grow

Hole = NDArray[np.bool_]

_APART = 32
"""Holes nearer to each other than twice this, in pixels, are filled together."""
_MOST = 24
"""Above this many, they are filled together: a hole each would take for ever."""


def holes(hole: Hole, context: float, least: int) -> Iterator[tuple[Box, Hole]]:
    """Each hole's neighbourhood, and which of its pixels belong to that hole.

    `hole` is [height, width]. A neighbourhood reaches beyond its hole by `context` times the hole's longer side,
    and by at least `least` pixels, as far as there is a picture.
    """
    height, width = hole.shape
    near = grow(hole.astype(np.float32), _APART) > 0
    count, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=8)
    if count - 1 > _MOST:
        count, labels = 2, np.ones(hole.shape, np.int32)
    for label in range(1, count):
        mine = hole & (labels == label)
        rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
        if not rows.size:
            continue
        reach = max(int(max(np.ptp(rows), np.ptp(columns)) * context), least)
        top, bottom = max(rows[0] - reach, 0), min(rows[-1] + 1 + reach, height)
        left, right = max(columns[0] - reach, 0), min(columns[-1] + 1 + reach, width)
        box = Box(int(left), int(top), int(right - left), int(bottom - top))
        yield box, mine[top:bottom, left:right]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A hole, eight pixels a byte."""

    bits: NDArray[np.uint8]
    shape: tuple[int, int]

    @classmethod
    def of(cls, hole: Hole) -> Packed:
        return cls(np.packbits(hole), (hole.shape[0], hole.shape[1]))

    @property
    def unpacked(self) -> Hole:
        return np.unpackbits(self.bits, count=self.shape[0] * self.shape[1]).reshape(self.shape).astype(bool)
