"""Blender's window laid out for the stories, and what they ask of the extension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from tools.look.inside.stage import EXTENSION, Stage, Steps

SAID = "replate_connection"
"""The window manager's property in which the extension keeps what the server answered."""
NOBODY = "127.0.0.1:9"
"""An address at which nothing listens."""


@dataclass(frozen=True)
class Part:
    """Of the window, as areas and regions are: in pixels from its bottom left."""

    x: int
    y: int
    width: int
    height: int


def upper(part: Any, share: float) -> Part:
    """The upper share of an area or a region."""
    height = int(part.height * share)
    return Part(part.x, part.y + part.height - height, part.width, height)


def preferences() -> Any:
    return bpy.context.preferences.addons[EXTENSION].preferences


def region(area: Any, kind: str) -> Any:
    return next(region for region in area.regions if region.type == kind)


def sidebar(area: Any) -> Any:
    return region(area, "UI")


def open_tab(stage: Stage, kind: str = "VIEW_3D") -> Steps:
    """Shows the Replate tab in the largest area of a kind."""
    area = stage.area(kind)
    area.spaces.active.show_region_ui = True
    # A region that was never drawn has no categories yet.
    yield from stage.until(lambda: sidebar(area).width > 1, "the sidebar is there")
    yield
    sidebar(area).active_panel_category = "Replate"
    area.tag_redraw()
    yield from stage.point_at(area)


def new_file(stage: Stage) -> Steps:
    """Blender as it starts, without the cube that every artist deletes first, and with the tab in view."""
    bpy.ops.wm.read_homefile(app_template="")
    yield
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    yield from open_tab(stage)


def connect(stage: Stage, address: str = "") -> Steps:
    """To the server of the stories, or to another address."""
    preferences().address = address or stage.orders["address"]
    bpy.context.window_manager[SAID] = ""
    yield from stage.press("replate.connect")
    yield from stage.until(lambda: said() not in ("", "Asking the server"), "the server answered")


def give(role: str, path: str) -> None:
    """Chooses a file for an input, as a step that is undone by itself."""
    picture = getattr(bpy.context.scene.replate, f"in_{role}")
    picture.source, picture.path = "FILE", path
    bpy.ops.ed.undo_push(message=f"Replate: the {role}")
    redraw()


def build(stage: Stage) -> Steps:
    """A parallax scene of the plate, in a new file."""
    yield from new_file(stage)
    yield from connect(stage)
    give("plate", stage.orders["plate"])
    yield from stage.press("replate.build_parallax")
    yield from stage.until(lambda: under_way(stage), "it is begun")
    yield from ended(stage)


def ended(stage: Stage, patience: float = 300.0) -> Steps:
    yield from stage.until(lambda: not under_way(stage), "what is under way ends", patience)


def under_way(stage: Stage) -> list[Any]:
    return list(stage.part("work.jobs").under_way(bpy.context.scene))


def results() -> list[Any]:
    """Images that came from the server, the newest first."""
    found = [image for image in bpy.data.images if "replate_version" in image]
    return sorted(found, key=lambda image: -image["replate_version"])


def said() -> str:
    return str(bpy.context.window_manager.get(SAID, ""))


def redraw() -> None:
    """What a script changes, Blender does not always draw by itself."""
    for area in bpy.context.window_manager.windows[0].screen.areas:
        area.tag_redraw()


def unfold() -> None:
    """Has the tab's panels open that are closed at first, in files opened from now on."""
    panels = [each for each in bpy.types.Panel.__subclasses__() if getattr(each, "bl_category", "") == "Replate"]
    for each in reversed(panels):
        bpy.utils.unregister_class(each)
    for each in panels:
        each.bl_options = set()
        bpy.utils.register_class(each)
