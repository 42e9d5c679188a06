"""The camera that took the plate, and how its picture is projected."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ..replate_host.scene import Layer, Scene

Numbers = tuple[float, float, float]


def set_lens(data: bpy.types.Camera, scene: Scene) -> None:
    """Gives a camera the plate's lens and film."""
    data.lens = scene.focal
    set_film(data, scene)


def set_film(data: bpy.types.Camera, scene: Scene) -> None:
    """Gives a camera the plate's sensor and shift, and has it see from the nearest layer to the farthest, at least."""
    (width, height), (right, up) = scene.sensor, scene.offset
    # Fitted by its width in portrait too, so that a shift is in widths both ways.
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width, data.sensor_height = width, height
    data.shift_x, data.shift_y = right / width, up / width
    data.clip_start = min(data.clip_start, min(layer.near for layer in scene.layers) / 10)
    data.clip_end = max(data.clip_end, max(layer.far for layer in scene.layers) * 10)


def projection(scene: Scene) -> tuple[Numbers, Numbers]:
    """From a ray of the camera at rest to its place in the picture, 0 to 1: times the first, plus the second.

    A ray is where it meets the plane at the distance 1: to the right, and up.
    """
    left, top, width, height = scene.data_window
    (_, _, wide, high), (x, y) = scene.display_window, scene.centre
    scale = wide * scene.focal / scene.sensor[0] / width, high * scene.focal / scene.sensor[1] / height, 0.0
    return scale, ((x - left) / width, (top + height - y) / height, 0.0)


def middle(scene: Scene, layer: Layer) -> Vector:
    """Where a layer's origin is, from the camera at rest: in the middle of what it covers, at its distance."""
    left, bottom, right, top = scene.rectangle(layer)
    return layer.distance * Vector(((left + right) / 2, (bottom + top) / 2, -1.0))
