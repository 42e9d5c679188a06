"""Blender's window laid out for the stories, and what they ask of the extension."""

from __future__ import annotations

from typing import Any

import bpy

from tools.look.inside.stage import EXTENSION, Stage, Steps

SAID = "replate_connection"
"""The window manager's property in which the extension keeps what the server answered."""

NOBODY = "127.0.0.1:9"
"""An address at which nothing listens."""


def preferences() -> Any:
    return bpy.context.preferences.addons[EXTENSION].preferences


def open_tab(stage: Stage, kind: str = "VIEW_3D") -> Steps:
    """Shows the Replate tab in the largest area of a kind."""
    area = stage.area(kind)
    area.spaces.active.show_region_ui = True
    region = sidebar(area)
    # A region that was never drawn has no categories yet.
    yield from stage.until(lambda: region.width > 1, "the sidebar is there")
    yield
    region.active_panel_category = "Replate"
    area.tag_redraw()
    yield from stage.point_at(area)


def sidebar(area: Any) -> Any:
    return next(region for region in area.regions if region.type == "UI")


def new_file(stage: Stage) -> Steps:
    """Blender as it starts, without the cube that every artist deletes first, and with the tab in view."""
    bpy.ops.wm.read_homefile(app_template="")
    yield
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    yield from open_tab(stage)


def connect(stage: Stage, address: str) -> Steps:
    preferences().address = address
    bpy.context.window_manager[SAID] = ""
    yield from stage.press("replate.connect")
    yield from stage.until(lambda: said() not in ("", "Asking the server"), "the server answered")


def give(role: str, path: str) -> None:
    """Chooses a file for an input, as a step that is undone by itself."""
    picture = getattr(bpy.context.scene.replate, f"in_{role}")
    picture.source, picture.path = "FILE", path
    bpy.ops.ed.undo_push(message=f"Replate: the {role}")


def said() -> str:
    return str(bpy.context.window_manager.get(SAID, ""))


def under_way(stage: Stage) -> list[Any]:
    return list(stage.part("jobs").under_way(bpy.context.scene))
