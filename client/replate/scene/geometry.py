"""Where a layer's surface lies: picture points at a distance, as points in space and a mesh of them.

A card is a grid of one cell at one distance. Vertices stand in rows from the top, columns from the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate.frame import Box
from replate.scene.contract import Area, Scene

Plane = NDArray[np.float32]
"""[height, width]."""

_BEYOND = 2
"""Pixels by which a surface is at least larger than its picture, on each side."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A grid of equal cells over an area of the picture."""

    area: Area
    columns: int
    rows: int

    @property
    def x(self) -> NDArray[np.float64]:
        """Of the vertices, in pixels, [columns + 1]."""
        return np.linspace(self.area.x, self.area.x + self.area.width, self.columns + 1)

    @property
    def y(self) -> NDArray[np.float64]:
        """Of the vertices, in pixels, [rows + 1]."""
        return np.linspace(self.area.y, self.area.y + self.area.height, self.rows + 1)


def cells(data: Box, longest: int) -> Cells:
    """A grid over a data window and a little more: square cells, at most about `longest` along the longer side.

    A surface reaches beyond its picture, whose edge goes on there, so that a render's filter has something to
    see at the frame's edge. Cells are whole pixels, and begin a quarter of one off: no pixel's middle lies on a
    triangle's edge, where a ray may meet both triangles, and what they show would count twice.
    """
    size = max(1, round(max(data.width, data.height) / longest))
    columns, rows = (-(-(side + 2 * _BEYOND) // size) for side in (data.width, data.height))
    across, down = (columns * size - data.width) // 2, (rows * size - data.height) // 2
    return Cells(Area(data.x - across, data.y - down - 0.25, columns * size, rows * size), columns, rows)


def card(data: Box) -> Cells:
    """The single cell of a card over a data window and a little more.

    Of an odd width, which keeps pixels' middles off its diagonal.
    """
    width, height = data.width + 2 * _BEYOND, data.height + 2 * _BEYOND
    return Cells(Area(data.x - _BEYOND, data.y - _BEYOND - 0.25, width + (width + 1) % 2, height), 1, 1)


def sampled(depth: Plane, data: Box, grid: Cells) -> Plane:
    """A map of distances [height, width] over `data`, at the grid's vertices [rows + 1, columns + 1].

    Bilinear between the pixels' middles, the edge going on beyond: as textures are sampled everywhere.
    """
    left, right, across = _between(grid.x - data.x, data.width)
    above, below, down = _between(grid.y - data.y, data.height)
    rows = depth[above] * (1 - down)[:, None] + depth[below] * down[:, None]
    return np.asarray(rows[:, left] * (1 - across) + rows[:, right] * across, np.float32)


def points(scene: Scene, grid: Cells, distance: Plane | float) -> NDArray[np.float32]:
    """The vertices in space [count, 3], at their distances [rows + 1, columns + 1] or all at one."""
    (across, up), (x, y) = scene.slope, scene.centre
    rays = np.empty((grid.rows + 1, grid.columns + 1, 3))
    rays[:, :, 0] = (grid.x - x) * across
    rays[:, :, 1] = -((grid.y - y) * up)[:, None]
    rays[:, :, 2] = -1.0
    return np.asarray(rays * np.asarray(distance)[..., None], np.float32).reshape(-1, 3)


def picture_places(data: Box, grid: Cells) -> NDArray[np.float32]:
    """Texture coordinates of the vertices [count, 2]: 0 to 1 over `data`, origin at the bottom left."""
    places = np.empty((grid.rows + 1, grid.columns + 1, 2), np.float32)
    places[:, :, 0] = (grid.x - data.x) / data.width
    places[:, :, 1] = (1 - (grid.y - data.y) / data.height)[:, None]
    return places.reshape(-1, 2)


def seen(visible: NDArray[np.bool_], data: Box, grid: Cells) -> NDArray[np.bool_]:
    """Which cells [rows, columns] have something to show.

    `visible` [height, width]: over `data`, where the picture is anything but empty. A texture's filter looks
    a pixel beyond a cell, and so does this.
    """
    counts = np.zeros((data.height + 1, data.width + 1), np.int32)
    counts[1:, 1:] = visible.cumsum(axis=0, dtype=np.int32).cumsum(axis=1)
    left, right = _pixels(grid.x - data.x, data.width)
    top, bottom = _pixels(grid.y - data.y, data.height)
    inside = counts[bottom][:, right] - counts[top][:, right] - counts[bottom][:, left] + counts[top][:, left]
    return np.asarray(inside > 0)


def triangles(kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Two triangles [count, 3] for each cell that is kept [rows, columns], facing the camera.

    All cells are cut along the same diagonal: then layers whose vertices are in order are so in between too,
    for 1/Z goes straight across a triangle's image.
    """
    rows, columns = kept.shape
    corner = np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)
    top_left = corner[kept]
    top_right, below = top_left + 1, top_left + columns + 1
    cut = np.stack([top_left, below, below + 1, top_left, below + 1, top_right], axis=1)
    return cut.reshape(-1, 3).astype(np.int32)


def vertices(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Which vertices, rising, the triangles of the cells that are kept use."""
    return np.unique(triangles(kept)).astype(np.int64)


def _between(place: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Plane]:
    """The pixels on both sides of a place, and the second one's share."""
    middle = np.clip(place - 0.5, 0, size - 1)
    first = np.minimum(middle.astype(np.int64), max(size - 2, 0))
    return first, np.minimum(first + 1, size - 1), np.asarray(middle - first, np.float32)


def _pixels(edges: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first pixel of each cell and the one after its last, a pixel more on both sides, at least one inside."""
    first = np.clip(np.floor(edges[:-1]).astype(np.int64) - 1, 0, size - 1)
    last = np.clip(np.ceil(edges[1:]).astype(np.int64) + 1, 1, size)
    return first, np.maximum(last, first + 1)
