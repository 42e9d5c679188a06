"""How much closer a moved camera must look, so that it sees nothing beyond the plate's edges.

As the server's `move` does it: the backmost layer is to fill the frame, since what is before it hides more, never less.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
from mathutils import Matrix, Vector

from .pieces import Rig

MOST = 4.0
"""No picture is enlarged by more than this: its middle is no longer to be recognised."""
_EDGE = 1e-4
"""How near to a side of the picture, in parts of its width or height, a point is on that side."""


def filling(rig: Rig, poses: Iterable[tuple[Matrix, float]]) -> float:
    """By what the focal lengths of cameras must be multiplied, 1 to `MOST`, for the backmost layer to fill them all.

    Each pose is a camera's matrix under the root, and what its focal length is multiplied by already.
    """
    corners = rig.rest.data.view_frame(scene=bpy.context.scene)
    frame = [side(corner[axis] / -corner.z for corner in corners) for axis in (0, 1) for side in (min, max)]
    sides = _sides(rig)
    return min(max((_closer(frame, sides, pose, zoom) for pose, zoom in poses), default=1.0), MOST)


def _sides(rig: Rig) -> list[list[Vector]]:
    """The backmost layer's points on its left, right, bottom and top side, under the root."""
    layer = rig.layers[0].evaluated_get(bpy.context.evaluated_depsgraph_get())
    under = rig.root.matrix_world.inverted() @ layer.matrix_world
    points = [under @ vertex.co for vertex in layer.to_mesh().vertices]
    layer.to_mesh_clear()
    found = []
    for axis in (0, 1):
        rays = [point[axis] / -point.z for point in points]
        low, high = min(rays), max(rays)
        slack = _EDGE * (high - low)
        for end in (low, high):
            found.append([point for point, ray in zip(points, rays, strict=True) if abs(ray - end) <= slack])
    return found


def _closer(frame: list[float], sides: list[list[Vector]], pose: Matrix, zoom: float) -> float:
    seen, needs = pose.inverted(), [1.0]
    for side, (edge, points) in enumerate(zip(frame, sides, strict=True)):
        sign = 1.0 if side % 2 else -1.0
        there = [seen @ point for point in points]
        if any(point.z >= 0 for point in there):
            return MOST
        # About the lens's axis, the frame's edge comes to the picture's when the lens is longer by their ratio.
        nearest = min(sign * point[side // 2] / -point.z for point in there)
        wanted = sign * edge / zoom
        if wanted > nearest:
            needs.append(wanted / nearest if nearest > 0 else MOST)
    return max(needs)
