"""The rig's controls in the tab: its properties, the camera's depth of field, and each layer's own."""

from __future__ import annotations

import bpy

from ..tab.panels import panel
from . import grid, inputs, pieces

_ROOT = (
    (pieces.PARALLAX, "Parallax"),
    (pieces.DEPTH, "Depth"),
    (pieces.PIVOT, "Pivot"),
    (pieces.LIT, "Lit"),
)
_HANDLE = ((pieces.DEPTH_SCALE, "Depth Scale"), (pieces.DEPTH_OFFSET, "Depth Offset"), (pieces.EDGE, "Edge"))
_SURFACE = ("Columns", "Rows", "Tear")


class _Rig:
    bl_label = "Rig"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return pieces.current(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, rig = self.layout, pieces.current(context)
        layout.use_property_split, layout.use_property_decorate = True, True
        row = layout.row()
        row.label(text=rig.root.name, icon="OUTLINER_OB_EMPTY")
        row.operator("replate.hide_the_rest", text="", icon="HIDE_ON")
        for name, label in _ROOT:
            if name in rig.root:
                layout.prop(rig.root, f'["{name}"]', text=label)
        blur = rig.camera.data.dof
        layout.prop(blur, "use_dof", text="Depth of Field")
        column = layout.column()
        column.active = blur.use_dof
        column.prop(rig.root, f'["{pieces.FOCUS}"]', text="Focus")
        column.prop(blur, "aperture_fstop", text="F-Stop")


class HideTheRest(bpy.types.Operator):
    """Hide what is not of the rig and stands where its camera may see it, in renders and in the view"""

    bl_idname = "replate.hide_the_rest"
    bl_label = "Hide the Rest"
    bl_options = frozenset({"REGISTER", "UNDO"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return pieces.current(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        for thing in pieces.beside(pieces.current(context), context.scene):
            thing.hide_render = True
            if thing.name in context.view_layer.objects:
                thing.hide_set(True)
        return {"FINISHED"}


class _Layers:
    bl_label = "Layers"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return pieces.current(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, rig = self.layout, pieces.current(context)
        layout.use_property_split, layout.use_property_decorate = True, True
        # Front to back, as an artist reads a stack.
        for handle, layer in zip(reversed(rig.handles), reversed(rig.layers), strict=True):
            box = layout.box()
            row = box.row()
            row.label(text=layer.name, icon="MESH_GRID")
            row.prop(layer, "hide_viewport", text="", emboss=False)
            row.prop(layer, "hide_render", text="", emboss=False)
            for name, label in _HANDLE:
                if name in handle:
                    box.prop(handle, f'["{name}"]', text=label)
            for modifier in grid.grids(layer):
                for name in _SURFACE:
                    inputs.draw(box, modifier, name)


register, unregister = bpy.utils.register_classes_factory(
    (HideTheRest, panel(_Rig, "rig", parent="parallax"), panel(_Layers, "layer", parent="rig"))
)
