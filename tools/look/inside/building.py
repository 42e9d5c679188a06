"""An artist builds a parallax scene, looks at it from everywhere, and takes it back."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Euler, Vector

from tools.look.inside.desk import connect, give, new_file, sidebar, under_way
from tools.look.inside.stage import Stage, Steps


def building(stage: Stage) -> Steps:
    yield from new_file(stage)
    yield from connect(stage, stage.orders["address"])
    give("plate", stage.orders["plate"])
    area = stage.area("VIEW_3D")
    yield from stage.shot("parallax-asked", sidebar(area))
    yield from stage.press("replate.build_parallax")
    yield from stage.until(lambda: any(run.handle.fraction > 0.2 for run in under_way(stage)), "it comes along")
    yield from stage.shot("parallax-progress")
    yield from stage.until(lambda: not under_way(stage), "the scene is there", 300.0)
    yield from stage.shot("parallax-built")
    yield from _looked_at(stage, area)
    yield from _panels(stage, area)
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
    scene.frame_set(scene.frame_end)
    yield from stage.shot("parallax-end")
    scene.frame_set(scene.frame_start)
    view.shading.type = "MATERIAL"
    view.region_3d.view_perspective = "PERSP"
    rig = next(iter(stage.part("pieces").rigs(scene)))
    far = rig.root["farthest"]
    view.region_3d.view_rotation = Euler((math.radians(62), 0.0, math.radians(50))).to_quaternion()
    view.region_3d.view_location = rig.root.matrix_world @ Vector((0.0, 0.0, -far / 2))
    view.region_3d.view_distance = far * 1.2
    yield from stage.shot("parallax-side", area)


def _panels(stage: Stage, area: Any) -> Steps:
    """What the tab shows once there is a rig, a screen at a time."""
    for number in range(1, 4):
        yield from stage.scroll(sidebar(area), 8)
        yield from stage.shot(f"parallax-panels-{number}")


def _fit(stage: Stage, area: Any) -> None:
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=stage.window, area=area, region=region):
        bpy.ops.view3d.view_center_camera()
