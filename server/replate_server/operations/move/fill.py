"""How much closer a moved camera must look, so that it sees nothing beyond the plate's edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor
from replate_server.operations.layers.camera import Camera

Array = NDArray[Any]

MOST = 4.0
"""No picture is enlarged by more than this: its middle is no longer to be recognised."""
_MARGIN = 1.0
"""Pixels by which the border is kept out, for the filter's width."""


def filling(rest: Camera, cameras: Iterable[Camera], depth: Tensor) -> float:
    """By what the focal lengths of cameras must be multiplied, 1 to `MOST`, for the backmost layer to fill them all.

    `depth` [height, width] is that layer's distances, as seen at rest. What is before it hides more, never less.
    """
    return min(max((_closer(rest, camera, depth) for camera in cameras), default=1.0), MOST)


def _closer(rest: Camera, camera: Camera, depth: Tensor) -> float:
    height, width = depth.shape
    matrix, vector = camera.transfer(rest)
    x, y = camera.centre

    def seen(columns: Array, rows: Array, distances: Tensor) -> Array:
        points = matrix @ np.stack([columns, rows, np.ones_like(columns)]) + vector[:, None] / distances
        # What has come behind the camera is far outside, and no border is there.
        at: Array = points[:2] / np.maximum(points[2], 1e-6)
        return at

    across, down = np.arange(width) + 0.5, np.arange(height) + 0.5
    left = seen(np.zeros(height), down, depth[:, 0])[0].max() + _MARGIN
    right = seen(np.full(height, float(width)), down, depth[:, -1])[0].min() - _MARGIN
    top = seen(across, np.zeros(width), depth[0])[1].max() + _MARGIN
    bottom = seen(across, np.full(width, float(height)), depth[-1])[1].min() - _MARGIN
    # About the principal point, a border at `place` comes to the frame's at `frame` when enlarged by their ratio.
    needs = [(x, x - left), (width - x, right - x), (y, y - top), (height - y, bottom - y)]
    return float(max(1.0, *(frame / place if place > frame / MOST else MOST for frame, place in needs)))
