"""An artist restyles a camera's move, stops it once, and has the result placed, and projected onto the scene."""

from __future__ import annotations

from typing import Any

import bpy

from tools.look.inside.desk import connect, give, new_file, sidebar, under_way, unfold
from tools.look.inside.stage import Stage, Steps

FRAMES = 4


def moving(stage: Stage) -> Steps:
    unfold()
    yield from new_file(stage)
    yield from connect(stage, stage.orders["address"])
    give("plate", stage.orders["plate"])
    give("style", stage.orders["style"])
    scene = bpy.context.scene
    stage.part("rig").build("scene/scene.json", stage=scene)
    stage.area("VIEW_3D").spaces.active.region_3d.view_perspective = "CAMERA"
    stage.area("VIEW_3D").spaces.active.shading.type = "MATERIAL"
    scene.frame_end = scene.frame_start + FRAMES - 1
    scene.render.engine, scene.render.resolution_percentage = "CYCLES", 50
    # Debian's Blender has no denoiser.
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    area = stage.area("VIEW_3D")
    for _ in range(4):
        yield from stage.scroll(sidebar(area), 8)
    yield from stage.shot("move-asked", sidebar(area))
    before = _settings(scene)
    yield from stage.press("replate.restyle_move")
    yield from stage.until(lambda: _rendered(stage) >= 1, "a frame is rendered")
    yield from stage.shot("move-rendering", moving=True)
    yield from stage.key("Escape")
    yield from stage.until(lambda: not under_way(stage), "it is stopped")
    _expect(stage.part("record").versions(scene)[-1].state, "cancelled")
    _expect(_settings(scene), before)
    yield from stage.press("replate.restyle_move")
    yield from stage.until(lambda: under_way(stage), "it is asked for")
    yield from stage.until(lambda: not under_way(stage), "the move is restyled", 300.0)
    _expect(_settings(scene), before)
    version = stage.part("record").versions(scene)[-1]
    _expect([version.state, version.last - version.first + 1], ["done", FRAMES])
    yield from stage.shot("move-restyled")
    yield from _placed(stage, area, version.number)
    yield from _projected(stage, area)


def _placed(stage: Stage, area: Any, number: int) -> Steps:
    strips = bpy.context.scene.sequence_editor
    _expect(len(getattr(strips, "strips", None) or strips.sequences), 1)
    bpy.ops.replate.place(where="BACKGROUND", version=number, output="plate")
    area.spaces.active.region_3d.view_perspective = "CAMERA"
    yield from stage.shot("move-behind-camera", area)
    bpy.context.scene.camera.data.show_background_images = False


def _projected(stage: Stage, area: Any) -> Steps:
    rig = next(iter(stage.part("pieces").rigs(bpy.context.scene)))
    bpy.ops.object.select_all(action="DESELECT")
    for thing in rig.layers:
        thing.select_set(True)
        bpy.context.view_layer.objects.active = thing
    bpy.context.scene.frame_set(bpy.context.scene.frame_end)
    yield from stage.press("replate.project")
    yield from stage.until(lambda: "Replate Projection" in bpy.data.node_groups, "it is projected")
    area.spaces.active.shading.type = "RENDERED"
    yield from stage.shot("move-projected", area)
    bpy.context.scene.frame_set(bpy.context.scene.frame_start)
    yield from stage.shot("move-projected-aside")


def _rendered(stage: Stage) -> int:
    return sum(each.done for each in stage.part("rendering").under_way())


def _settings(scene: bpy.types.Scene) -> dict[str, Any]:
    layer = scene.view_layers[0]
    return {
        "format": scene.render.image_settings.file_format,
        "path": scene.render.filepath,
        "passes": [layer.use_pass_z, layer.use_pass_vector],
        "overwrite": scene.render.use_overwrite,
    }


def _expect(found: Any, expected: Any) -> None:
    if found != expected:
        raise AssertionError(f"{found} is not {expected}")
