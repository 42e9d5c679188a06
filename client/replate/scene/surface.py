"""A layer's surface through the shot: a mesh whose points may move, and whose faces do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate.scene.contract import Scene, SceneLayer
from replate.scene.geometry import Cells, Plane, picture_places, points, triangles, vertices


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    layer: SceneLayer
    grid: Cells
    kept: NDArray[np.bool_]
    """[rows, columns]: cells that show something in any frame; the others have no faces."""
    distances: Mapping[int, Plane | float]
    """By frame, of the vertices [rows + 1, columns + 1] or of all; a single one where nothing moves."""
    colours: Mapping[int, str]
    """By frame, where the straight colour is, relative to the scene: the picture itself where all is covered."""

    @property
    def moves(self) -> bool:
        return len(self.distances) > 1

    @property
    def faces(self) -> NDArray[np.int32]:
        """Triangles [count, 3], into the vertices that are `used`."""
        corners = triangles(self.kept)
        places = np.zeros((self.grid.rows + 1) * (self.grid.columns + 1), np.int32)
        places[self.used] = np.arange(len(self.used), dtype=np.int32)
        return places[corners]

    @property
    def used(self) -> NDArray[np.int64]:
        """Which of the grid's vertices have faces."""
        return vertices(self.kept)

    def points(self, scene: Scene, number: int) -> NDArray[np.float32]:
        """The `used` vertices in space [count, 3], in one of the frames of `distances`."""
        return points(scene, self.grid, self.distances[number])[self.used]

    def places(self, scene: Scene) -> NDArray[np.float32]:
        """Texture coordinates [count, 2] of the `used` vertices, origin at the bottom left."""
        return picture_places(scene.data_window, self.grid)[self.used]
