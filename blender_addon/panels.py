"""The Replate tab in the 3D View, and the line in the status bar."""

from __future__ import annotations

import bpy

from . import agent, catalog, jobs, properties
from .replate_host import telling


class _Drawn:
    status = ""


class ReplatePanel(bpy.types.Panel):
    bl_idname = "REPLATE_PT_run"
    bl_label = "Replate"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Replate"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        chosen = properties.operation(scene)
        if chosen is None:
            if catalog.known().operations:
                # The .blend chose what this server does not have.
                layout.prop(scene.replate, "operation")
            layout.operator("replate.connect", icon="LINKED")
            _said(layout, context.window_manager.get("replate_connection", "No server was asked yet."))
            return
        layout.prop(scene.replate, "operation")
        properties.draw_model(scene, layout)
        model = properties.model(scene)
        if model is not None and not model.available:
            _said(layout, model.unavailable_reason, "ERROR")
        for role, picture in properties.inputs(scene):
            picture.draw(layout, role.label if role.required else f"{role.label} (if wanted)")
        layout.prop(scene.replate, "frames")
        layout.prop(scene.replate, "seed")
        _buttons(layout, scene, chosen.name)


class ParametersPanel(bpy.types.Panel):
    bl_idname = "REPLATE_PT_parameters"
    bl_parent_id = "REPLATE_PT_run"
    bl_label = "Settings"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Replate"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(properties.fields(context.scene))

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split, self.layout.use_property_decorate = True, False
        groups: dict[str, list[properties.Field]] = {}
        for field in properties.fields(context.scene):
            groups.setdefault(field.parameter.group, []).append(field)
        for name, fields in groups.items():
            column = self.layout.column()
            if name:
                column.label(text=name)
            for field in fields:
                column.prop(field.group, field.name)


class VersionsPanel(bpy.types.Panel):
    bl_idname = "REPLATE_PT_versions"
    bl_parent_id = "REPLATE_PT_run"
    bl_label = "Versions"
    bl_options = frozenset({"DEFAULT_CLOSED"})
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "Replate"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(jobs.versions(context.scene))

    def draw(self, context: bpy.types.Context) -> None:
        for version in reversed(jobs.versions(context.scene)):
            self.layout.label(text=f"{telling.version(version)}, {version.state}")


_CLASSES = (ReplatePanel, ParametersPanel, VersionsPanel)


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.STATUSBAR_HT_header.append(_status_bar)
    agent.after_news(_redraw)


def unregister() -> None:
    bpy.types.STATUSBAR_HT_header.remove(_status_bar)
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)


def _buttons(layout: bpy.types.UILayout, scene: bpy.types.Scene, operation: str) -> None:
    row = layout.row(align=True)
    row.operator("replate.run", icon="PLAY")
    row.operator("replate.cancel", text="", icon="X")
    row.operator("replate.connect", text="", icon="FILE_REFRESH")
    if operation == "layers":
        layout.operator("replate.build_parallax", icon="VIEW_CAMERA")
    if jobs.under_way(scene):
        layout.progress(factor=jobs.fraction(scene), text=jobs.status(scene))
        return
    _said(layout, jobs.status(scene))
    if any(version.open and version.job for version in jobs.versions(scene)):
        layout.operator("replate.resume", icon="RECOVER_LAST")


def _said(layout: bpy.types.UILayout, text: str, icon: str = "NONE") -> None:
    """A sentence in lines as wide as a tab is: Blender cuts what is longer."""
    column, line = layout.column(align=True), ""
    for word in text.split():
        if line and len(line) + len(word) >= _LETTERS:
            column.label(text=line, icon=icon)
            line, icon = "", "NONE"
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


_LETTERS = 40


def _status_bar(header: bpy.types.Header, context: bpy.types.Context) -> None:
    if jobs.under_way(context.scene):
        header.layout.label(text=f"Replate: {jobs.status(context.scene)}", icon="RENDER_ANIMATION")


def _redraw() -> None:
    """Has what shows how things stand be drawn anew."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "PREFERENCES"):
                area.tag_redraw()
        said = jobs.status(window.scene)
        if said != _Drawn.status:
            # The bar is no area of a screen: it is drawn when its text is set, to none.
            _Drawn.status = said
            window.workspace.status_text_set(None)
