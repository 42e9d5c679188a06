"""The Replate tab in the 3D View and the Image Editor, and the line in the status bar.

What belongs to one thing an artist does has its panel beside its operators, in a module of its own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import bpy

from .. import agent, catalog, preferences
from ..replate_host import telling
from ..replate_host.catalog import Operation
from ..replate_host.versions import Version
from ..work import forms, jobs, properties, record
from . import making, place


class _Drawn:
    status = ""


class _Plate:
    """What all the rest is made of, and how it stands."""

    bl_label = "Replate"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        if not catalog.known().operations:
            layout.operator("replate.connect", icon="LINKED")
            said(layout, context.window_manager.get("replate_connection", "") or "No server was asked yet.")
            return
        plate = properties.plate(scene)
        if plate is not None:
            plate.draw(layout, "Plate")
        layout.prop(scene.replate, "frames")
        _state(layout, scene)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        row = self.layout.row(align=True)
        row.emboss = "NONE"
        row.operator("replate.connect", text="", icon="FILE_REFRESH")
        row.operator("preferences.addon_show", text="", icon="PREFERENCES").module = preferences.NAME
        row.separator()


class _Run:
    bl_label = "Operation"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(catalog.known().operations)

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(scene.replate, "operation")
        chosen, model = properties.operation(scene), properties.model(scene)
        if chosen is None:
            said(layout, "This server does not have what was chosen: choose another operation.", "ERROR")
            return
        properties.draw_model(scene, layout, chosen)
        if model is not None and not model.available:
            said(layout, model.unavailable_reason, "ERROR")
        for role, picture in properties.inputs(scene):
            if picture != properties.plate(scene):
                picture.draw(layout, properties.called(scene, chosen, role))
        layout.prop(scene.replate, "seed")
        layout.operator("replate.run", icon="PLAY")


class _Parameters:
    bl_label = "Settings"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(properties.fields(context.scene))

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split, self.layout.use_property_decorate = True, False
        properties.draw_preset(context.scene, self.layout, properties.operation(context.scene))
        # What is of no group would seem to be of the one before it.
        groups: dict[str, list[properties.Field]] = {"": []}
        for field in properties.fields(context.scene):
            groups.setdefault(field.parameter.group, []).append(field)
        for name, fields in groups.items():
            column = self.layout.column()
            if name:
                column.label(text=name)
            draw_fields(column, context.scene, fields)


class _Versions:
    bl_label = "Versions"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(record.versions(context.scene))

    def draw(self, context: bpy.types.Context) -> None:
        for version in reversed(record.versions(context.scene)):
            box = self.layout.box()
            said(box, f"{telling.version(version)}, {version.state}")
            column = box.column(align=True)
            for output in place.pictures(version):
                menu = column.operator_menu_enum("replate.place", "where", text=_named(version, output))
                menu.version, menu.output = version.number, output


def draw_fields(
    layout: bpy.types.UILayout,
    scene: bpy.types.Scene,
    fields: Sequence[properties.Field],
    chosen: Operation | None = None,
) -> None:
    """What an operation's model takes, the chosen one's by default; below what its prompt is made of, the prompt."""
    which = properties.model(scene, chosen)
    spoken = [each for each in fields if which is not None and each.parameter.name in which.spoken]
    for field in fields:
        layout.prop(field.group, field.name)
        if field in spoken[-1:]:
            said(layout, f"Prompt: {properties.prompt(scene, chosen)}")


def panel(drawn: type, name: str, space: str = "VIEW_3D", parent: str = "", order: int = 0) -> type:
    """The panel class of what draws it, in the Replate tab of a space; `parent` is another one's `name`.

    Those of one order stand as they were registered.
    """
    places = {"bl_space_type": space, "bl_region_type": "UI", "bl_category": "Replate", "bl_order": order}
    if parent:
        places["bl_parent_id"] = panel_id(parent, space)
    called = panel_id(name, space)
    return type(called, (drawn, bpy.types.Panel), {"bl_idname": called, **places})


def panel_id(name: str, space: str = "VIEW_3D") -> str:
    return f"REPLATE_PT_{name}" if space == "VIEW_3D" else f"REPLATE_PT_{name}_image"


def said(layout: bpy.types.UILayout, text: str, icon: str = "NONE") -> None:
    """A sentence in lines as wide as the tab is: Blender cuts what is longer."""
    column = layout.column(align=True)
    for line in textwrap.wrap(text, _letters() - (0 if icon == "NONE" else 5), break_on_hyphens=False):
        column.label(text=line, icon=icon)
        icon = "NONE" if icon == "NONE" else "BLANK1"


def _letters() -> int:
    """How many letters of Blender's own font go into a line of the tab."""
    region, scale = bpy.context.region, bpy.context.preferences.system.ui_scale
    return max(20, int((region.width / scale - 75) / 5.1)) if region is not None else 40


_CLASSES = tuple(
    made
    for space in ("VIEW_3D", "IMAGE_EDITOR")
    for made in (
        panel(_Plate, "plate", space),
        panel(_Run, "run", space, order=1),
        panel(_Parameters, "parameters", space, "run", order=1),
        panel(_Versions, "versions", space, "run", order=2),
    )
)


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.STATUSBAR_HT_header.append(_status_bar)
    agent.after_news(_redraw)


def unregister() -> None:
    bpy.types.STATUSBAR_HT_header.remove(_status_bar)
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)


def _state(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    if jobs.under_way(scene):
        row = layout.row(align=True)
        row.progress(factor=jobs.fraction(scene), text=jobs.status(scene))
        row.operator("replate.cancel", text="", icon="X")
        preview = jobs.preview(scene)
        if preview is not None:
            making.draw(layout, preview)
        return
    said(layout, jobs.status(scene), "ERROR" if jobs.failed(scene) else "NONE")
    for version in record.versions(scene)[-1:]:
        column = layout.column(align=True)
        for output in place.pictures(version):
            show = column.operator("replate.place", text=f"Show {_named(version, output)}", icon="IMAGE_DATA")
            show.version, show.output, show.where = version.number, output, "EDITOR"
    if any(version.open and version.job for version in record.versions(scene)):
        layout.operator("replate.resume", icon="RECOVER_LAST")


def _named(version: Version, output: str) -> str:
    """A plate that comes back is known by what was done to it."""
    return (version.operation if output == "plate" else forms.called(output).replace("_", ": ")).capitalize()


def _status_bar(header: bpy.types.Header, context: bpy.types.Context) -> None:
    if jobs.under_way(context.scene):
        header.layout.label(text=f"Replate: {jobs.status(context.scene)}", icon="RENDER_ANIMATION")
    elif jobs.failed(context.scene):
        header.layout.label(text=f"Replate: {jobs.status(context.scene)}", icon="ERROR")
        header.layout.operator("replate.dismiss", text="", icon="X", emboss=False)


def _redraw() -> None:
    """Has what shows how things stand be drawn anew."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR", "PREFERENCES"):
                area.tag_redraw()
        said = jobs.status(window.scene)
        if said != _Drawn.status:
            # The bar is no area of a screen: it is drawn when its text is set, to none.
            _Drawn.status = said
            window.workspace.status_text_set(None)
