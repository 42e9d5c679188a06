"""An artist builds a parallax scene, looks at it from everywhere, and takes it back."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Euler, Vector

from tools.look.inside.desk import connect, ended, give, new_file, region, under_way, upper
from tools.look.inside.stage import Stage, Steps


def building(stage: Stage) -> Steps:
    yield from new_file(stage)
    yield from connect(stage)
    area = stage.area("VIEW_3D")
    give("plate", stage.orders["plate"])
    yield from stage.shot("parallax-asked")
    yield from stage.press("replate.build_parallax")
    yield from stage.until(lambda: any(run.handle.fraction > 0.2 for run in under_way(stage)), "it comes along")
    yield from stage.shot("parallax-progress", moving=True)
    yield from ended(stage)
    yield from stage.shot("parallax-built")
    yield from _looked_at(stage, area)
    yield from stage.point_at(stage.area("VIEW_3D"))
    yield from stage.key("ctrl+z")
    yield from stage.shot("parallax-undone")
    yield from stage.key("ctrl+shift+z")
    yield from stage.shot("parallax-redone")


def _looked_at(stage: Stage, area: Any) -> Steps:
    view, scene = area.spaces.active, bpy.context.scene
    view.region_3d.view_perspective = "CAMERA"
    view.shading.type = "MATERIAL"
    _fit(stage, area)
    yield from stage.shot("rig", area)
    view.shading.type = "RENDERED"
    yield from stage.shot("parallax-rendered")
    yield from stage.key("shift+Right")
    yield from stage.until(lambda: scene.frame_current == scene.frame_end, "the last frame is there")
    yield from stage.shot("parallax-end")
    yield from stage.key("shift+Left")
    yield from stage.until(lambda: scene.frame_current == scene.frame_start, "the first frame is there")
    yield from _from_two_sides(stage, area)


def _from_two_sides(stage: Stage, area: Any) -> Steps:
    """Through the camera, and beside it from the side."""
    with bpy.context.temp_override(window=stage.window, area=area):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    yield
    left, right = sorted(
        (each for each in stage.window.screen.areas if each.type == "VIEW_3D"), key=lambda each: each.x
    )
    for each in (left, right):
        each.spaces.active.show_region_ui = False
        each.spaces.active.shading.type = "MATERIAL"
    rig = next(iter(stage.part("parallax.pieces").rigs(bpy.context.scene)))
    view, far = right.spaces.active.region_3d, rig.root["farthest"]
    view.view_perspective = "PERSP"
    view.view_rotation = Euler((math.radians(60), 0.0, math.radians(62))).to_quaternion()
    view.view_location = rig.root.matrix_world @ Vector((0.0, 0.0, -far / 5))
    view.view_distance = far / 2
    yield
    _fit(stage, left)
    yield from stage.shot("parallax", upper(left, 0.75), upper(right, 0.75))
    with bpy.context.temp_override(window=stage.window, area=right):
        bpy.ops.screen.area_close()


def _fit(stage: Stage, area: Any) -> None:
    with bpy.context.temp_override(window=stage.window, area=area, region=region(area, "WINDOW")):
        bpy.ops.view3d.view_center_camera()
