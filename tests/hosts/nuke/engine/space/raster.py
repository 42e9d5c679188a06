"""Which pixels' middles lie in which triangles: each pixel once where triangles share an edge.

Corners are put on a grid of 1/4096 of a pixel, so that everything is whole numbers and the sign of an edge is certain;
a middle on an edge belongs to the triangle whose left or top edge it is (the rule of Direct3D and OpenGL). Triangles
of about one size are done together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.image import Box
from engine.space.camera import Points

_GRID = 4096
_AT_ONCE = 250_000
"""Candidates, pixels times triangles, that are looked at together: as many as the caches hold."""
_FAR = 2**17
"""Pixels beyond which a corner is moved in; products stay within 64 bits."""

Whole = NDArray[np.int64]


def covered(corners: Points, box: Box) -> Iterator[tuple[Whole, Whole, Whole, Points]]:
    """Of triangles [n, 3, 2] in pixels: which one, the pixels' x and y, and the corners' shares [m, 3] there."""
    snapped = np.round(np.clip(corners, -_FAR, _FAR) * _GRID).astype(np.int64)
    area = _cross(snapped[:, 1] - snapped[:, 0], snapped[:, 2] - snapped[:, 0])
    # Counter-clockwise, all of them: a triangle has two sides.
    snapped[area < 0] = snapped[area < 0][:, [0, 2, 1]]
    low = -((_GRID // 2 - snapped.min(axis=1)) // _GRID)
    high = (snapped.max(axis=1) - _GRID // 2) // _GRID + 1
    low, high = np.maximum(low, (box.x, box.y)), np.minimum(high, (box.r, box.t))
    size = high - low
    alive = np.flatnonzero((area != 0) & (size > 0).all(axis=1))
    classes = np.ceil(np.log2(size[alive])).astype(int) @ (1, 64)
    for each in np.unique(classes):
        members = alive[classes == each]
        width, height = (int(2 ** (each % 64)), int(2 ** (each // 64)))
        step = max(1, _AT_ONCE // (width * height))
        for start in range(0, len(members), step):
            chunk = members[start : start + step]
            # A single large triangle needs no more than its own box.
            wide, tall = size[chunk].max(axis=0)
            yield from _inside(chunk, snapped[chunk], low[chunk], high[chunk], area[chunk] < 0, (int(wide), int(tall)))


def _inside(
    members: Whole, corners: Whole, low: Whole, high: Whole, turned: NDArray[np.bool_], size: tuple[int, int]
) -> Iterator[tuple[Whole, Whole, Whole, Points]]:
    rows = max(1, _AT_ONCE // max(1, size[0] * len(members)))
    for bottom in range(0, size[1], rows):
        x = low[:, 0, None, None] + np.arange(size[0])
        y = low[:, 1, None, None] + np.arange(bottom, min(bottom + rows, size[1]))[:, None]
        inside = (x < high[:, 0, None, None]) & (y < high[:, 1, None, None])
        middle_x, middle_y = x * _GRID + _GRID // 2, y * _GRID + _GRID // 2
        edges = []
        for one, other in ((1, 2), (2, 0), (0, 1)):
            start, way = corners[:, one], corners[:, other] - corners[:, one]
            edge = way[:, 0, None, None] * (middle_y - start[:, 1, None, None]) - way[:, 1, None, None] * (
                middle_x - start[:, 0, None, None]
            )
            # Counter-clockwise with y up, a left edge goes down, and a top edge goes left.
            owns = (way[:, 1] < 0) | ((way[:, 1] == 0) & (way[:, 0] < 0))
            inside &= np.where(owns[:, None, None], edge >= 0, edge > 0)
            edges.append(edge)
        which, row, column = np.nonzero(inside)
        if not len(which):
            continue
        shares = np.stack([edge[which, row, column] for edge in edges], axis=1).astype(np.float64)
        shares /= shares.sum(axis=1, keepdims=True)
        # The corners in their given order.
        back = turned[which]
        shares[back] = shares[back][:, [0, 2, 1]]
        yield members[which], x[which, 0, column], y[which, row, 0], shares


def _cross(one: Whole, other: Whole) -> Whole:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
