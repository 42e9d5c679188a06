"""The camera that looks at layers: a pinhole, at the origin and looking down -Z while at rest.

World axes are USD's: x to the right, y up, the view along -Z. Picture axes are the plate's: x to the right,
y down, the first pixel's middle at (0.5, 0.5), origin at the top left of the data window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from replate.frame import FrameSpec

Matrix = NDArray[np.float64]

FOCAL = 35.0
"""Millimetres, where nothing is known of the lens."""
SENSOR = 36.0
"""Millimetres of the width of a full-frame sensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    focal: float
    """In pixels of the plate's width."""
    centre: tuple[float, float]
    """The principal point, x and y in pixels of the data window; off its format's middle under lens shift."""
    pixel_aspect: float = 1.0
    """Width of a pixel over its height."""
    pose: Matrix | None = None
    """[4, 4] from the camera to the world, a rotation and a translation; None at rest."""

    @property
    def intrinsics(self) -> Matrix:
        """[3, 3]: from (X, -Y, distance), in front of the camera, to (x, y, 1) times the distance."""
        x, y = self.centre
        return np.array([[self.focal, 0.0, x], [0.0, self.focal * self.pixel_aspect, y], [0.0, 0.0, 1.0]])

    @property
    def view(self) -> Matrix:
        """[3, 4] from the world to (X, -Y, distance): the way of OpenCV's cameras."""
        pose: Matrix = np.eye(4) if self.pose is None else self.pose
        view: Matrix = (_FLIP @ np.linalg.inv(pose))[:3]
        return view

    def sees_as(self, other: Camera) -> bool:
        """Whether both take the same picture of anything."""
        return np.array_equal(self.intrinsics, other.intrinsics) and np.array_equal(self.view, other.view)

    def posed(self, pose: Matrix) -> Camera:
        return replace(self, pose=pose)

    def transfer(self, rest: Camera) -> tuple[Matrix, NDArray[np.float64]]:
        """How a point seen by the camera at rest is seen by this one: `matrix` [3, 3] and `vector` [3], with
        `matrix @ (x, y, 1) + vector / Z` this one's (x, y, 1) times its distance over Z."""
        view = self.view @ _FLIP
        return (
            self.intrinsics @ view[:, :3] @ np.linalg.inv(rest.intrinsics),
            self.intrinsics @ view[:, 3],
        )


def at_rest(spec: FrameSpec, focal: float, sensor: float = SENSOR, offset: tuple[float, float] = (0.0, 0.0)) -> Camera:
    """The camera that took a plate, with its format (display window) as the sensor.

    All in millimetres: `focal`, the width of the `sensor`, and the `offset` of the format's middle from the lens's
    axis, right and up (lens shift).
    """
    window, data = spec.display_window, spec.data_window
    pixels = window.width / sensor
    x = window.x + window.width / 2 - offset[0] * pixels - data.x
    y = window.y + window.height / 2 + offset[1] * pixels * spec.pixel_aspect - data.y
    return Camera(focal * pixels, (x, y), spec.pixel_aspect)


_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
"""Between the axes of USD and those of OpenCV; its own inverse."""
