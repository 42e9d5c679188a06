"""What the tests in this folder have Blender do, in a process of its own:

    python in_blender.py TASKS

TASKS is a JSON file with a list of objects. "do" is "render" (FOLDER's scene.json is built, and rendered to "out"
as EXR, 32-bit float), "shape" (what the built scene holds goes to "out" as JSON), or one of these of the imported
scene.usda: "render-usd", "shape-usd". Besides there are "folder", "frame", and "right", by which the camera moves.
What begins with "rig" is in rig_in_blender.py.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from blender_addon.parallax import scene as scene_file


def main(tasks: str) -> None:
    for task in json.loads(Path(tasks).read_text(encoding="utf-8")):
        if task["do"].startswith("rig"):
            # It takes from this module what both need.
            importlib.import_module("rig_in_blender").perform(**task)
        else:
            perform(**task)
    sys.stdout.flush()
    # Blender's own way out prints of memory that it did not free, and takes its time.
    os._exit(0)


def perform(do: str, folder: str, out: str, frame: int | None = None, right: float = 0.0) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = bpy.context.scene
    path = str(Path(folder) / "scene.json")
    what, _, usd = do.partition("-")
    built = imported(folder) if usd else scene_file.build(path)
    if what == "render":
        scene_file.match(path, built.camera, stage)
    if frame is not None:
        stage.frame_set(frame)
    if what == "shape":
        Path(out).write_text(json.dumps(shape(built)), encoding="utf-8")
        return
    built.camera.location += built.camera.matrix_world.to_3x3() @ Vector((right, 0.0, 0.0))
    render(stage, out)


def imported(folder: str) -> scene_file.Built:
    bpy.ops.wm.usd_import(filepath=str(Path(folder) / "scene.usda"), set_frame_range=True)
    things = bpy.context.scene.objects
    camera = next(thing for thing in things if thing.type == "CAMERA")
    return scene_file.Built(camera, camera, tuple(thing for thing in things if thing.type == "MESH"))


def shape(built: scene_file.Built) -> dict[str, Any]:
    graph = bpy.context.evaluated_depsgraph_get()
    camera = built.camera
    return {
        "camera": {
            "lens": camera.data.lens,
            "sensor": [camera.data.sensor_width, camera.data.sensor_height],
            "shift": [camera.data.shift_x, camera.data.shift_y],
            "fit": camera.data.sensor_fit,
            "matrix": [list(row) for row in camera.matrix_world],
        },
        "frames": [bpy.context.scene.frame_start, bpy.context.scene.frame_end],
        "layers": {thing.name: points(thing.evaluated_get(graph)) for thing in built.layers},
    }


def points(thing: bpy.types.Object) -> list[list[float]]:
    """Of an evaluated object, in the world."""
    mesh = thing.to_mesh()
    return [list(thing.matrix_world @ vertex.co) for vertex in mesh.vertices]


def render(stage: bpy.types.Scene, out: str, samples: int = 1) -> None:
    stage.render.engine = "CYCLES"
    stage.cycles.device = "CPU"
    stage.cycles.samples = samples
    stage.cycles.use_adaptive_sampling = False
    stage.cycles.use_denoising = False
    # What a pixel's middle sees, and nothing around it; a box would be a pixel wide whatever is said.
    stage.cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    stage.cycles.filter_width = 0.01
    settings = stage.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGBA", "32"
    stage.render.filepath = out
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(sys.argv[1])
