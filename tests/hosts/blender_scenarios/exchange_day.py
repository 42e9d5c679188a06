"""A scene imported, changed as an artist would, and exported for Nuke, USD and glTF; what comes back of the last two.

python exchange_day.py OUT SCENE FOLDER

FOLDER gets the exports, and `rendered.exr` and `gltf.exr` of the last frame.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import enable, part, refusal, report, wait

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from in_blender import points, render

FRAMES = range(1001, 1006)
SHOWN = 1002


def main(out: str, scene: str, folder: str) -> None:
    enable()
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    home, stage = Path(folder), bpy.context.scene
    told: dict[str, Any] = {"nothing": refusal(lambda: bpy.ops.replate.export(filepath=str(home / "no.usda")))}
    told["broken"], told["left"] = broken(Path(scene), home), [thing.name for thing in bpy.data.objects]
    bpy.ops.wm.save_as_mainfile(filepath=str(home / "shot.blend"))
    bpy.ops.replate.import_scene(filepath=f"//{Path(scene).relative_to(home).as_posix()}")
    told["format"] = [stage.render.resolution_x, stage.render.resolution_y, stage.frame_start]
    rig = part("parallax.pieces").current(bpy.context)
    change(rig, stage)
    told["cameras"] = cameras(rig, stage)
    told["hidden"] = hidden(rig, stage)
    told["own"], told["own_rest"] = facts(rig.camera), pose(rig.rest)
    stage.frame_set(SHOWN)
    before = standing()
    # The ending is that of the format.
    files = {"NUKE": "//é/shot", "USD": str(home / "é" / "shot.usda"), "GLTF": str(home / "shot.nk")}
    told["said"] = {format: exported(format, name) for format, name in files.items()}
    told["unwritten"] = exported("USD", str(home / "shot.blend" / "shot"))
    told["same"] = before == standing()
    render(stage, str(home / "rendered.exr"))
    rig.root["lit"], rig.handles[1]["edge"] = 0.5, 0.2
    told["stays"] = exported("NUKE", str(home / "stays"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.usd_import(filepath=str(home / "é" / "shot.usda"), set_frame_range=True)
    told["usd"], told["usd_rest"] = facts(bpy.data.objects["shot_camera"]), pose(bpy.data.objects["camera"])
    told["gltf"] = gltf(home)
    report(out, told)


def broken(scene: Path, home: Path) -> list[str]:
    """What is said of files that are no scenes, are later ones, or lack pictures."""
    said = []
    later = scene.read_text("utf-8").replace('"replate_scene": 1', '"replate_scene": 2')
    alone = scene.read_text("utf-8")
    for name, text in (("none", "{"), ("later", later), ("alone", alone)):
        (home / name).mkdir()
        (home / name / "scene.json").write_text(text, encoding="utf-8")
        said.append(refusal(lambda name=name: bpy.ops.replate.import_scene(filepath=str(home / name / "scene.json"))))
    return said


def change(rig: Any, stage: bpy.types.Scene) -> None:
    """A hand's sway and a zoom; a layer pushed while the camera goes, and another moved, turned and drawn out."""
    moves = part("parallax.moves")
    stage.frame_end = FRAMES[-1]
    moves.apply(rig, moves.Move("handheld", 0.9, seed=3), FRAMES[0], FRAMES[-1], 24.0)
    for thing, name, values in ((rig.camera, "zoom", (1.0, 1.2)), (rig.handles[1], "depth_scale", (1.0, 1.3))):
        for frame, value in zip((FRAMES[0], FRAMES[-1]), values, strict=True):
            thing[name] = value
            thing.keyframe_insert(f'["{name}"]', frame=frame)
    rig.layers[0].location.x += 0.5
    rig.layers[0].rotation_euler.y = 0.05
    rig.layers[0].scale.x = 1.1
    rig.handles[0]["depth_offset"] = 2.0
    rig.camera.data.dof.use_dof, rig.camera.data.dof.aperture_fstop = True, 400.0
    rig.handles[0].update_tag()


def cameras(rig: Any, stage: bpy.types.Scene) -> list[str]:
    """Which camera is exported while the scene renders through the moving one, the plate's, none, and the artist's."""
    own = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    stage.collection.objects.link(own)
    found = []
    for stage.camera in (rig.camera, rig.rest, None, own):
        found.append(part("parallax.baking").camera(rig, stage).name)
    own.data.type = "ORTHO"
    found.append(refusal(lambda: bpy.ops.replate.export(filepath="/no", format="NUKE")))
    bpy.data.objects.remove(own)
    stage.camera = rig.camera
    return found


def hidden(rig: Any, stage: bpy.types.Scene) -> list[list[str]]:
    """The layers that are not rendered: at first, with one hidden, and with their collection hidden."""

    def now() -> list[str]:
        found = part("parallax.baking").baked(rig, stage, bpy.context.view_layer)["layers"]
        return [name for name, said in found.items() if said["hidden"]]

    home = rig.root.users_collection[0]
    seen = [now()]
    for thing in (rig.layers[2], home):
        thing.hide_render = True
        seen.append(now())
        thing.hide_render = False
    return seen


def standing() -> list[Any]:
    """What an export must leave as it is."""
    stage = bpy.context.scene
    return [stage.frame_current, len(bpy.data.scenes), sorted(thing.name for thing in bpy.data.objects)]


def exported(format: str, name: str) -> str:
    """What the tab says when it is done."""
    manager = bpy.context.window_manager
    bpy.ops.replate.export(filepath=name, format=format)
    wait(lambda: not manager["replate_exchange"].endswith("is being written"), "the file is there")
    return str(manager["replate_exchange"])


def facts(camera: bpy.types.Object) -> list[dict[str, Any]]:
    """By frame: what the camera is, and where the points of all meshes are."""
    found = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        meshes = [thing for thing in bpy.context.scene.objects if thing.type == "MESH"]
        found.append({**pose(camera), "layers": {thing.name: points(thing.evaluated_get(graph)) for thing in meshes}})
    return found


def pose(camera: bpy.types.Object) -> dict[str, Any]:
    data = camera.data
    return {
        "matrix": [list(row) for row in camera.matrix_world],
        "lens": data.lens,
        "sensor": [data.sensor_width, data.sensor_height],
        "shift": [data.shift_x, data.shift_y],
        "blur": data.dof.aperture_fstop,
        "sharp": sharp(camera),
    }


def sharp(camera: bpy.types.Object) -> float:
    """The distance of what is in focus."""
    blur = camera.data.dof
    if blur.focus_object is None:
        return float(blur.focus_distance)
    return -float((camera.matrix_world.inverted() @ blur.focus_object.matrix_world.translation).z)


def gltf(home: Path) -> dict[str, Any]:
    """The imported .glb, rendered as large as it takes for its pixels to be the plate's: it sees more."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = bpy.context.scene
    bpy.ops.import_scene.gltf(filepath=str(home / "shot.glb"))
    stage.camera = bpy.data.objects["Camera"]
    stage.render.fps, stage.view_settings.view_transform = 24, "Standard"
    stage.render.film_transparent = True
    stage.render.resolution_x, stage.render.resolution_y = 112, 72
    stage.frame_set(SHOWN - FRAMES[0])
    graph = bpy.context.evaluated_depsgraph_get()
    meshes = {thing.name: points(thing.evaluated_get(graph)) for thing in stage.objects if thing.type == "MESH"}
    render(stage, str(home / "gltf.exr"))
    return {"matrix": [list(row) for row in stage.camera.matrix_world], "layers": meshes}


if __name__ == "__main__":
    main(*sys.argv[1:])
