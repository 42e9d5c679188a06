"""From a plate to a scene, and again.

python build.py OUT ADDRESS PLATE BROKEN

BROKEN is a scene.json that is none.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, report, wait

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from in_blender import render


def main(out: str, address: str, plate: str, broken: str) -> None:
    enable()
    connect(address)
    folder = Path(out).parent
    wish(plate)
    told: dict[str, Any] = {"first": built(), "frames": frames()}
    told["hidden"] = hidden()
    render(bpy.context.scene, str(folder / "rest.exr"))
    told["second"] = changed_and_built_again()
    told["reopened"] = reopened(folder / "parallax.blend")
    told["camera"] = before_a_camera()
    told["cancelled"] = cancelled()
    told["undone"] = undone()
    told["broken"] = opened(broken)
    report(out, told)


def wish(plate: str) -> None:
    asked = bpy.context.scene.replate
    asked.in_plate.path = plate
    # Whatever is chosen for Run, a scene is a scene.
    asked.operation = "identity"
    asked.of_layers.model = "layers/patch"
    asked.of_layers.p_count = 2
    asked.of_matte.model = "matte/bright"
    bpy.context.scene.replate_parallax.kind = "card"


def built() -> dict[str, Any]:
    bpy.ops.replate.build_parallax()
    finish()
    return facts()


def facts() -> dict[str, Any]:
    rigs = part("parallax.pieces").rigs(bpy.context.scene)
    return {
        "state": last().state,
        "status": part("work.jobs").status(bpy.context.scene),
        "rigs": [rig.root.name for rig in rigs],
        "layers": [[layer.name for layer in rig.layers] for rig in rigs],
        "grids": [len(part("parallax.grid").grids(layer)) for rig in rigs for layer in rig.layers],
        "sharp": [Path(layer.material_slots[0].material.node_tree.nodes["Replate Picture"].image.filepath).as_posix()
                  for rig in rigs for layer in rig.layers],
        "lens": [[rig.rest.data.lens, rig.rest.data.sensor_width] for rig in rigs],
        "file": last().outputs["scene"],
    }  # fmt: skip


def frames() -> list[int]:
    stage = bpy.context.scene
    return [stage.frame_start, stage.frame_end, stage.render.resolution_x, stage.render.resolution_y]


def hidden() -> list[list[str]]:
    """What stands beside the rig, and what still does after a press."""
    pieces, stage = part("parallax.pieces"), bpy.context.scene
    (rig,) = pieces.rigs(stage)
    before = [thing.name for thing in pieces.beside(rig, stage)]
    bpy.ops.replate.hide_the_rest()
    return [before, [thing.name for thing in pieces.beside(rig, stage)]]


def changed_and_built_again() -> dict[str, Any]:
    """With a subject of its own and as grids; what the artist changed stays."""
    (rig,) = part("parallax.pieces").rigs(bpy.context.scene)
    rig.root.name, rig.camera.name = "My scene", "Shot camera"
    rig.root["parallax"] = 0.25
    asked = bpy.context.scene.replate_parallax
    asked.subject, asked.kind, asked.lens.of = True, "grid", "GIVEN"
    asked.lens.focal = 50.0
    told = built()
    told["kept"] = [bpy.data.objects["Shot camera"].parent.name, bpy.data.objects["My scene"]["parallax"]]
    return told


def reopened(blend: Path) -> dict[str, Any]:
    """Saved as soon as the server knows of the layers, and opened again."""
    bpy.ops.replate.build_parallax()
    wait(lambda: last().job, "the job of the layers is known")
    before = last().state
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    finish()
    return {"before": before, **facts()}


def before_a_camera() -> dict[str, Any]:
    """Another scene beside the first one, before the scene's own camera."""
    stage = bpy.context.scene
    camera = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    camera.location, camera.data.lens, camera.data.shift_x = (3.0, 4.0, 5.0), 70.0, 0.1
    stage.collection.objects.link(camera)
    stage.camera = camera
    bpy.context.view_layer.update()
    asked = stage.replate_parallax
    asked.another, asked.lens.of = True, "CAMERA"
    told = built()
    bpy.context.view_layer.update()
    rig = part("parallax.pieces").rigs(stage)[-1]
    told["camera"] = [stage.camera.name, list(rig.rest.matrix_world.translation), rig.rest.data.shift_x]
    return told


def cancelled() -> list[Any]:
    count = rigs()
    bpy.ops.replate.build_parallax()
    bpy.ops.replate.cancel()
    finish()
    return [last().state, part("work.jobs").status(bpy.context.scene), rigs() - count]


def undone() -> list[int]:
    """The scene that came is one step, and an act after it another."""
    bpy.ops.ed.undo_push(message="Begin")
    count = rigs()
    built()
    bpy.data.objects.new("Mine too", None)
    bpy.ops.ed.undo_push(message="Add")
    found = []
    for _ in range(2):
        bpy.ops.ed.undo()
        found.append(rigs() - count)
    return found


def opened(broken: str) -> str:
    try:
        part("parallax.rig").build(broken)
    except ValueError as error:
        return str(error)
    return ""


def rigs() -> int:
    return len(part("parallax.pieces").rigs(bpy.context.scene))


def last() -> Any:
    return part("work.record").versions(bpy.context.scene)[-1]


if __name__ == "__main__":
    main(*sys.argv[1:])
