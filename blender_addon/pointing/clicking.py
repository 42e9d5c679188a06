"""Pointing at things in the plate with the mouse, in the Image Editor; and the list of what was pointed at."""

# No `annotations` from __future__: Blender reads them as they are.
import bpy

from ..tab.operators import tried
from ..tab.panels import panel
from ..work import prompts, undo
from . import pointed, seen
from .seen import Picture

SLACK = 4
"""Pixels of the screen: who drags less than that has clicked."""
_HELP = "Click: the object   Ctrl Click: not the object   Drag: a box around it   Backspace: take back   Enter: done"

View = tuple[float, float]


def point(scene: bpy.types.Scene, picture: Picture, at: View, inside: bool = True) -> prompts.Prompt | None:
    """Points at a place in the view, for the object that is chosen; None where it is beside the picture."""
    if not all(0.0 <= each <= 1.0 for each in at):
        return None
    return prompts.add(scene, picture.frame, *picture.to_plate(*at), inside=inside)


def surround(scene: bpy.types.Scene, picture: Picture, begin: View, end: View) -> prompts.Prompt | None:
    """Draws a box around the object between two corners in the view; None where no part of it is in the picture."""
    (left, right), (low, high) = (
        sorted(min(max(each, 0.0), 1.0) for each in pair) for pair in zip(begin, end, strict=True)
    )
    if left == right or low == high:
        return None
    x, y = picture.to_plate(left, high)
    box = {"width": (right - left) * picture.window.width, "height": (high - low) * picture.window.height}
    return prompts.add(scene, picture.frame, x, y, **box)


class Point(bpy.types.Operator):
    """Click on what you want cut out; Ctrl and click on what it is not; drag a box around it. An editor that is empty
    shows the plate first"""

    bl_idname = "replate.point"
    bl_label = "Point"

    under_way = False

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.area is None or context.area.type != "IMAGE_EDITOR":
            cls.poll_message_set("Point in the Image Editor.")
            return False
        return not cls.under_way

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        space = context.space_data
        if space.image is None and "CANCELLED" in tried(self, lambda: seen.show(context.scene, space)):
            return {"CANCELLED"}
        self._begin: tuple[int, int] | None = None
        self._made = 0
        Point.under_way = True
        context.area.header_text_set(_HELP)
        context.window.cursor_modal_set("CROSSHAIR")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        area = context.area
        picture = area and area.type == "IMAGE_EDITOR" and seen.picture(context.scene, area.spaces.active)
        if not picture:
            return self._end(context)
        region = next(each for each in area.regions if each.type == "WINDOW")
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        if event.type == "MOUSEMOVE" and self._begin is not None:
            pointed.drag(self._begin, at)
            area.tag_redraw()
            return {"RUNNING_MODAL"}
        if event.type == "LEFTMOUSE" and event.value == "PRESS" and _over(area, event):
            self._begin = at
            return {"RUNNING_MODAL"}
        if event.type == "LEFTMOUSE" and event.value == "RELEASE" and self._begin is not None:
            self._point(context, region, picture, at, inside=not event.ctrl)
            return {"RUNNING_MODAL"}
        if event.value == "PRESS" and event.type in ("ESC", "RET", "NUMPAD_ENTER", "RIGHTMOUSE"):
            return self._end(context)
        if event.value == "PRESS" and (event.type == "BACK_SPACE" or (event.type == "Z" and event.ctrl)):
            self._take_back(context)
            return {"RUNNING_MODAL"}
        # Panning, zooming and the tab go on as ever.
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._end(context)

    def _point(
        self, context: bpy.types.Context, region: bpy.types.Region, picture: Picture, at: tuple[int, int], inside: bool
    ) -> None:
        begin, self._begin = self._begin, None
        pointed.drag(None, None)
        clicked = max(abs(at[0] - begin[0]), abs(at[1] - begin[1])) < SLACK
        to_view = region.view2d.region_to_view
        if clicked:
            made = point(context.scene, picture, to_view(*begin), inside)
        else:
            made = surround(context.scene, picture, to_view(*begin), to_view(*at))
        if made is not None:
            self._made += 1
            undo.remember("Point")
        context.area.tag_redraw()

    def _take_back(self, context: bpy.types.Context) -> None:
        count = len(prompts.of(context.scene).points)
        if self._made and count:
            prompts.remove(context.scene, count - 1)
            self._made -= 1
            undo.remember("Point Taken Back")
            context.area.tag_redraw()

    def _end(self, context: bpy.types.Context) -> set[str]:
        Point.under_way = False
        pointed.drag(None, None)
        if context.area is not None:
            context.area.header_text_set(None)
            context.area.tag_redraw()
        if context.window is not None:
            context.window.cursor_modal_restore()
        return {"FINISHED"}


class RemovePoint(bpy.types.Operator):
    """Remove the chosen point or box"""

    bl_idname = "replate.remove_point"
    bl_label = "Remove"
    bl_options = frozenset({"REGISTER", "UNDO"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return len(prompts.of(context.scene).points) > 0

    def execute(self, context: bpy.types.Context) -> set[str]:
        prompts.remove(context.scene, prompts.of(context.scene).active)
        return {"FINISHED"}


class ClearPoints(bpy.types.Operator):
    """Remove all points and boxes"""

    bl_idname = "replate.clear_points"
    bl_label = "Clear"
    bl_options = frozenset({"REGISTER", "UNDO"})

    poll = RemovePoint.poll

    def execute(self, context: bpy.types.Context) -> set[str]:
        prompts.of(context.scene).points.clear()
        return {"FINISHED"}


class PointList(bpy.types.UIList):
    bl_idname = "REPLATE_UL_prompts"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: prompts.Prompts,
        item: prompts.Prompt,
        icon: int,
        active_data: prompts.Prompts,
        active_property: str,
    ) -> None:
        row = layout.row(align=True)
        row.label(text="", icon="SELECT_SET" if item.is_box else "ADD" if item.inside else "REMOVE")
        row.prop(item, "object", text="", emboss=False)
        row.label(text=f"frame {item.frame}")


class _Panel:
    bl_label = "Points"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return prompts.wanted(context.scene)

    def draw(self, context: bpy.types.Context) -> None:
        layout, mine = self.layout, prompts.of(context.scene)
        layout.prop(mine, "object")
        layout.operator("replate.point", icon="EYEDROPPER")
        layout.operator("replate.points_from_annotations", icon="GREASEPENCIL")
        row = layout.row()
        row.template_list(PointList.bl_idname, "", mine, "points", mine, "active", rows=3)
        column = row.column(align=True)
        column.operator("replate.remove_point", text="", icon="REMOVE")
        column.operator("replate.clear_points", text="", icon="TRASH")


_CLASSES = (Point, RemovePoint, ClearPoints, PointList, panel(_Panel, "prompts", "IMAGE_EDITOR", "run"))
_register, _unregister = bpy.utils.register_classes_factory(_CLASSES)


def register() -> None:
    _register()
    pointed.show()


def unregister() -> None:
    pointed.hide()
    _unregister()


def _over(area: bpy.types.Area, event: bpy.types.Event) -> bool:
    """Whether the mouse is over the picture, and over none of the tabs and bars that lie upon it."""

    def within(region: bpy.types.Region) -> bool:
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        return 0 <= x < region.width and 0 <= y < region.height

    return [each.type for each in area.regions if each.width > 1 and each.height > 1 and within(each)] == ["WINDOW"]
