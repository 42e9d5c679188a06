"""A camera that stands still, told from one that nearly does.

Measured from frame to frame, a still camera seems to move by hundredths of a pixel, and a hundred frames on that is a
pixel. So the two ends of a quiet run are compared as well: where they lie on each other, nothing moved at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from replate_server.operations.inpaint.backdrop import Backdrop, Pair

_DRIFT = 0.05
"""Pixels that the middle of a still camera's measured motion may be off, from a frame to the next."""
_STRAY = 0.25
"""Pixels within which four fifths of it are: leaves and water move before a still camera."""
_ENDS = 3.0
"""How many times as much the ends of a run may differ, which are harder to compare."""


def locked_off(
    motions: Mapping[tuple[int, int], Backdrop], compare: Callable[[int, int], Pair]
) -> dict[tuple[int, int], Backdrop]:
    """The motions by pairs of neighbours, exactly none where the camera stands still.

    `compare` measures the backdrop between any two frames.
    """
    settled = dict(motions)
    for first, last in _runs(motions):
        if last - first == 1 or _quiet(compare(first, last).there, _ENDS):
            for at in range(first, last):
                for pair in ((at, at + 1), (at + 1, at)):
                    settled[pair] = replace(motions[pair], grid=np.zeros_like(motions[pair].grid))
    return settled


def _runs(motions: Mapping[tuple[int, int], Backdrop]) -> Iterator[tuple[int, int]]:
    """First and last frame of each run in which every frame lies on the next."""
    first: int | None = None
    for at in range(max((pair[1] for pair in motions), default=0) + 1):
        quiet = (at, at + 1) in motions and _quiet(motions[at, at + 1], 1.0)
        if quiet and first is None:
            first = at
        if not quiet and first is not None:
            yield first, at
            first = None


def _quiet(motion: Backdrop, times: float) -> bool:
    grid = motion.grid.astype(np.float32)
    middle = np.abs(np.median(grid, axis=(0, 1))).max()
    stray = np.quantile(np.linalg.norm(grid, axis=-1), 0.8)
    return bool(middle < _DRIFT * times and stray < _STRAY * times)
