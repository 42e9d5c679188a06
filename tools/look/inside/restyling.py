"""An artist has the camera's move restyled, and a picture of it projected onto something of their own."""

from __future__ import annotations

import bpy
from mathutils import Vector

from tools.look.inside.desk import build, ended, give, redraw, sidebar, under_way, unfold
from tools.look.inside.stage import Stage, Steps

FRAMES = 4
"""A machine without a graphics card renders them."""


def restyling(stage: Stage) -> Steps:
    unfold()
    yield from build(stage)
    scene, area = bpy.context.scene, stage.area("VIEW_3D")
    for number in range(1, 6):
        yield from stage.shot(f"panels-{number}")
        yield from stage.scroll(sidebar(area), 8)
    scene.frame_end = scene.frame_start + FRAMES - 1
    # EEVEE takes minutes a frame where software draws.
    scene.render.engine, scene.cycles.samples = "CYCLES", 8
    # Debian's Blender has no denoiser.
    scene.cycles.use_denoising = False
    scene.replate_move.place = "BACKGROUND"
    give("style", stage.orders["style"])
    yield from stage.point_at(area)
    yield from stage.press("replate.restyle_move")
    yield from stage.until(lambda: any("2 of" in run.said for run in under_way(stage)), "a frame is rendered", 300.0)
    yield from stage.shot("move-rendering", moving=True)
    yield from ended(stage, 600.0)
    # Blender's own window with the render lies over it.
    for window in bpy.context.window_manager.windows[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield from stage.shot("move", area)
    yield from _projected(stage)


def _projected(stage: Stage) -> Steps:
    camera = bpy.context.scene.camera
    bpy.ops.mesh.primitive_monkey_add(size=0.3, rotation=(0.0, 0.0, 0.0))
    thing = bpy.context.object
    thing.matrix_world = camera.matrix_world.copy()
    thing.location = camera.matrix_world @ Vector((0.3, -0.1, -1.3))
    # The restyled picture lies over all that the camera sees.
    camera.data.show_background_images = False
    redraw()
    yield from stage.shot("projected-not-yet")
    yield from stage.press("replate.project")
    yield from stage.shot("projected")
