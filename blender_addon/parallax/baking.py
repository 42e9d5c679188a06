"""A rig frame by frame, as plain numbers: where the camera is and what it sees, and where each layer has been put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
from mathutils import Matrix, Vector

from .lens import of_camera
from .pieces import LAYER, ORIGIN, ROLE, Rig, moved, of

MOST = 20_000
"""Frames that are exported at most."""
_SAME = 1e-6


def baked(rig: Rig, stage: bpy.types.Scene, view_layer: bpy.types.ViewLayer) -> dict[str, Any]:
    """What the agent's `export` takes of a rig: `first`, `fps`, `camera` and `layers`, over the scene's frames.

    Raises ValueError, in one sentence, for a camera that is none of perspective, and for too many frames.
    """
    eye = camera(rig, stage)
    if eye.type != "CAMERA" or eye.data.type != "PERSP":
        raise ValueError(f"{eye.name} is no perspective camera: render through one, and export again.")
    if stage.frame_end - stage.frame_start >= MOST:
        raise ValueError(f"The scene has more than {MOST} frames: set its first and last frame to those of the shot.")
    views: list[dict[str, Any]] = []
    places: list[list[Matrix]] = [[] for _ in rig.layers]
    with _bench(rig, eye) as (bench, probes):
        for frame in range(stage.frame_start, stage.frame_end + 1):
            bench.frame_set(frame)
            graph = bench.view_layers[0].depsgraph
            root, seeing = (thing.evaluated_get(graph) for thing in (rig.root, eye))
            pose = root.matrix_world.inverted() @ seeing.matrix_world
            views.append({"matrix": _numbers(pose), **_lens(seeing.data, stage), **_focus(seeing, root, graph)})
            for found, probe in zip(places, probes, strict=True):
                found.append(moved(root, probe.evaluated_get(graph)))
    return {
        "first": stage.frame_start,
        "fps": stage.render.fps / stage.render.fps_base,
        "camera": views,
        "layers": {
            thing[ROLE].removeprefix(LAYER): {
                "matrices": [_numbers(matrix) for matrix in (found[:1] if _stands(found) else found)],
                "hidden": not _renders(thing, view_layer),
            }
            for thing, found in zip(rig.layers, places, strict=True)
        },
    }


def camera(rig: Rig, stage: bpy.types.Scene) -> bpy.types.Object:
    """The one that is exported: the scene's, unless that is another rig's or the one that took the plate."""
    chosen = stage.camera
    if chosen is None or chosen == rig.rest or of(chosen) not in (None, rig):
        return rig.camera
    return chosen


@contextmanager
def _bench(rig: Rig, eye: bpy.types.Object) -> Iterator[tuple[bpy.types.Scene, list[bpy.types.Object]]]:
    """A scene in which nothing is worked out but where things are, and an empty that goes with each layer.

    In the artist's own, every frame would have every surface displaced and every picture loaded.
    """
    bench = bpy.data.scenes.new("Replate Export")
    probes = []
    try:
        for thing in {rig.root, eye}:
            bench.collection.objects.link(thing)
        for layer in rig.layers:
            probe = bpy.data.objects.new("Replate Export", None)
            probe.constraints.new("COPY_TRANSFORMS").target = layer
            if ORIGIN in layer:
                probe[ORIGIN] = layer[ORIGIN]
            bench.collection.objects.link(probe)
            probes.append(probe)
        yield bench, probes
    finally:
        for probe in probes:
            bpy.data.objects.remove(probe)
        bpy.data.scenes.remove(bench)


def _lens(data: bpy.types.Camera, stage: bpy.types.Scene) -> dict[str, Any]:
    lens, render = of_camera(data, stage), stage.render
    high = render.resolution_y * render.pixel_aspect_y / (render.resolution_x * render.pixel_aspect_x)
    return {**lens, "sensor": [lens["sensor"], lens["sensor"] * high]}


def _focus(seeing: bpy.types.Object, root: bpy.types.Object, graph: bpy.types.Depsgraph) -> dict[str, float]:
    """What is sharp, in the scene's unit, and the f-stop; 0 where all is."""
    blur = seeing.data.dof
    if not blur.use_dof:
        return {"focus": 0.0, "fstop": 0.0}
    far = blur.focus_distance
    if blur.focus_object is not None:
        away = blur.focus_object.evaluated_get(graph).matrix_world.translation - seeing.matrix_world.translation
        far = away.dot(seeing.matrix_world.to_quaternion() @ Vector((0.0, 0.0, -1.0)))
    return {"focus": max(0.0, far / root.matrix_world.median_scale), "fstop": blur.aperture_fstop}


def _numbers(matrix: Matrix) -> list[float]:
    """Row by row. Blender's own have seven digits."""
    return [float(f"{number:.9g}") for row in matrix for number in row]


def _stands(found: Sequence[Matrix]) -> bool:
    return all(
        abs(now - first) <= _SAME * max(1.0, abs(first))
        for matrix in found
        for row, begin in zip(matrix, found[0], strict=True)
        for now, first in zip(row, begin, strict=True)
    )


def _renders(thing: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bool:
    """Whether an object is there when the scene is rendered."""
    return not thing.hide_render and _within(thing, view_layer.layer_collection)


def _within(thing: bpy.types.Object, held: bpy.types.LayerCollection) -> bool:
    if held.collection.hide_render:
        return False
    own = not held.exclude and held.collection.objects.get(thing.name) == thing
    return own or any(_within(thing, inner) for inner in held.children)
