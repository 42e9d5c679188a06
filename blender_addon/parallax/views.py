"""The artist's 3D views, turned to a scene that is new."""

from __future__ import annotations

import bpy


def look_through_camera(stage: bpy.types.Scene) -> None:
    """Has the windows that show a scene see through its camera, and what its materials look like."""
    for window in bpy.context.window_manager.windows:
        if window.scene != stage:
            continue
        for area in window.screen.areas:
            if area.type != "VIEW_3D":
                continue
            space = area.spaces.active
            space.region_3d.view_perspective = "CAMERA"
            if space.shading.type in ("WIREFRAME", "SOLID"):
                # A layer is nothing without its picture.
                space.shading.type = "MATERIAL"
