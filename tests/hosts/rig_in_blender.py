"""What the tests have Blender do with a rig; tasks as in `in_blender.py`, with "do" one of

- "rig-render": FOLDER's scene is rigged, "put" into a state, and rendered to "out"
- "rig-poses": where the moving camera is at each frame of a move, as JSON
- "rig-changed": an artist changes what was built; the rig's facts then, and after it was built again, as JSON, and
  a render of it at rest to "picture"
- "rig-fewer": the file loses its second layer and its first goes farther away, and is built again; its facts, as JSON

A state is "move" (the arguments of a move, with "first", "last" and "fps"), "rig" (properties of the root),
"handles" (by layer, properties of its handle), "blur" (a stop) and "tear" (of all grids).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
from blender_addon.parallax import moves, rig
from blender_addon.parallax.curves import curves
from blender_addon.parallax.inputs import give
from blender_addon.parallax.pieces import Rig, of
from in_blender import render


def perform(do: str, folder: str, out: str, **state: Any) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    path = str(Path(folder) / "scene.json")
    built = rig.build(path, stage=bpy.context.scene)
    {"rig-render": _render, "rig-poses": _poses, "rig-changed": _changed, "rig-fewer": _fewer}[do](
        path, built, out, **state
    )


def _render(path: str, built: Rig, out: str, frame: int | None = None, samples: int = 1, **state: Any) -> None:
    _put(built, **state)
    if frame is not None:
        bpy.context.scene.frame_set(frame)
    render(bpy.context.scene, out, samples)


def _poses(path: str, built: Rig, out: str, **state: Any) -> None:
    safe = _put(built, **state)
    stage, found = bpy.context.scene, []
    for frame in range(state["move"]["first"], state["move"]["last"] + 1):
        stage.frame_set(frame)
        pose = built.root.matrix_world.inverted() @ built.camera.matrix_world
        found.append({"pose": [list(row) for row in pose], "lens": built.camera.data.lens})
    keys = {
        f"{thing.name}.{curve.data_path}.{curve.array_index}": len(curve.keyframe_points)
        for thing in (built.pivot, built.camera)
        for curve in curves(thing) or ()
    }
    facts = {"frames": found, "amount": safe.amount, "keys": keys, "pivot": built.root["pivot"]}
    Path(out).write_text(json.dumps(facts), encoding="utf-8")


def _changed(path: str, built: Rig, out: str, picture: str) -> None:
    own = bpy.data.objects.new("My light", bpy.data.lights.new("My light", "POINT"))
    built.root.users_collection[0].objects.link(own)
    own.parent = built.handles[0]
    green = bpy.data.materials.new("My green")
    green.use_nodes = True
    green.node_tree.nodes.clear()
    lit = green.node_tree.nodes.new("ShaderNodeEmission")
    lit.inputs["Color"].default_value = 0.0, 1.0, 0.0, 1.0
    end = green.node_tree.nodes.new("ShaderNodeOutputMaterial")
    green.node_tree.links.new(lit.outputs[0], end.inputs["Surface"])
    built.layers[2].material_slots[0].material = green
    ours = built.layers[1].material_slots[0].material
    ours.node_tree.nodes["Emission"].inputs["Strength"].default_value = 0.5
    built.camera.name, built.handles[1].name, built.layers[1].name = "Shot camera", "Push the hill", "Hill surface"
    built.camera.location[1] = 0.25
    built.camera.keyframe_insert("location", index=1, frame=1001)
    built.root["parallax"] = 0.0
    built.handles[1]["depth_scale"] = 3.0
    for modifier in built.layers[1].modifiers:
        give(modifier, {"Columns": 11})
    before = _facts(built)
    again = rig.build(path, stage=bpy.context.scene)
    after = _facts(again)
    same = again == built == of(own) == of(built.layers[0])
    Path(out).write_text(json.dumps({"before": before, "after": after, "same": same}), encoding="utf-8")
    render(bpy.context.scene, picture)


def _fewer(path: str, built: Rig, out: str) -> None:
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    del said["layers"][1]
    said["layers"][0]["distance"] = said["layers"][0]["far"]
    Path(path).write_text(json.dumps(said), encoding="utf-8")
    again = rig.build(path)
    facts = _facts(again)
    facts["distances"] = [handle["distance"] for handle in again.handles]
    facts["whole"] = of(again.camera) == again
    bpy.data.objects.remove(again.layers[0])
    left = of(again.camera)
    facts["left"] = [thing["replate"] for thing in (*left.handles, *left.layers)]
    facts["back"] = len(rig.build(path).layers)
    Path(out).write_text(json.dumps(facts), encoding="utf-8")


def _put(
    built: Rig,
    move: dict[str, Any] | None = None,
    rig: dict[str, float] | None = None,
    handles: dict[str, dict[str, float]] | None = None,
    blur: float | None = None,
    tear: float | None = None,
) -> moves.Move | None:
    for name, value in (rig or {}).items():
        built.root[name] = value
    for layer, values in (handles or {}).items():
        (handle,) = (each for each in built.handles if each["replate"] == f"handle:{layer}")
        for name, value in values.items():
            handle[name] = value
    safe = None
    if move:
        frames = move["first"], move["last"], move["fps"]
        safe = moves.apply(
            built, moves.Move(**{key: move[key] for key in move if key not in ("first", "last", "fps")}), *frames
        )
    if blur is not None:
        built.camera.data.dof.use_dof, built.camera.data.dof.aperture_fstop = True, blur
    for layer in built.layers if tear is not None else ():
        give(layer.modifiers[0], {"Tear": tear})
    built.root.update_tag()
    for handle in built.handles:
        handle.update_tag()
    bpy.context.view_layer.update()
    return safe


def _facts(built: Rig) -> dict[str, Any]:
    """All that an artist sees by name, and what is keyed, driven and set."""
    bpy.context.view_layer.update()
    return {
        "objects": sorted(thing.name for thing in bpy.data.objects),
        "cameras": sorted(camera.name for camera in bpy.data.cameras),
        "materials": {thing.name: thing.material_slots[0].material.name for thing in built.layers},
        "strengths": [
            thing.material_slots[0].material.node_tree.nodes["Emission"].inputs["Strength"].default_value
            for thing in built.layers
        ],
        "keys": {
            f"{thing.name}.{curve.data_path}.{curve.array_index}": [list(key.co) for key in curve.keyframe_points]
            for thing in (built.pivot, built.camera)
            for curve in curves(thing) or ()
        },
        "parents": {thing.name: thing.parent.name for thing in bpy.data.objects if thing.parent},
        "scales": {thing.name: list(thing.scale) for thing in built.handles},
        "parallax": built.root["parallax"],
        "vertices": [len(thing.evaluated_get(_graph()).to_mesh().vertices) for thing in built.layers],
        "drivers": [
            [driven.data_path, driven.driver.is_valid, driven.driver.is_simple_expression]
            for thing in (built.root, built.pivot, built.focus, built.camera, built.camera.data, *built.handles)
            if thing.animation_data
            for driven in thing.animation_data.drivers
        ],
    }


def _graph() -> bpy.types.Depsgraph:
    return bpy.context.evaluated_depsgraph_get()
