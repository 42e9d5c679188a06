"""An artist builds a parallax scene, looks at it from everywhere, and takes it back."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Euler, Vector

from tools.look.inside.desk import connect, ended, give, new_file, region, under_way
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
    yield from stage.point_at(area)
    yield from stage.key("ctrl+z")
    yield from stage.shot("parallax-undone")
    yield from stage.key("ctrl+shift+z")
    yield from stage.shot("parallax-redone")


def _looked_at(stage: Stage, area: Any) -> Steps:
    view, scene = area.spaces.active, bpy.context.scene
    view.region_3d.view_perspective = "CAMERA"
    view.shading.type = "MATERIAL"
    _fit(stage, area)
    yield from stage.shot("parallax", area)
    view.shading.type = "RENDERED"
    yield from stage.shot("parallax-rendered")
    yield from stage.key("shift+Right")
    yield from stage.until(lambda: scene.frame_current == scene.frame_end, "the last frame is there")
    yield from stage.shot("parallax-end")
    yield from stage.key("shift+Left")
    yield from stage.until(lambda: scene.frame_current == scene.frame_start, "the first frame is there")
    view.shading.type = "MATERIAL"
    view.region_3d.view_perspective = "PERSP"
    rig = next(iter(stage.part("pieces").rigs(scene)))
    far = rig.root["farthest"]
    view.region_3d.view_rotation = Euler((math.radians(62), 0.0, math.radians(50))).to_quaternion()
    view.region_3d.view_location = rig.root.matrix_world @ Vector((0.0, 0.0, -far / 2))
    view.region_3d.view_distance = far * 1.2
    yield from stage.shot("side", area)


def _fit(stage: Stage, area: Any) -> None:
    with bpy.context.temp_override(window=stage.window, area=area, region=region(area, "WINDOW")):
        bpy.ops.view3d.view_center_camera()
