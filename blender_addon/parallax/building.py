"""From a plate to a parallax scene in one step: what is asked for, the operator, and its part of the tab."""

# No `annotations` from __future__: Blender reads them as they are.
from pathlib import PurePath
from typing import Any

import bpy

from ..replate_host import AgentError
from ..replate_host.catalog import Operation
from ..replate_host.scene import read_scene
from ..replate_host.versions import Version
from ..tab.operators import tried
from ..tab.panels import panel, said
from ..work import asking, coming, jobs, properties, record
from . import lens, pieces, rig

PLATE = "replate_plate"
"""Property of a rig's root: what it was built of. Built of the same again, the rig is brought up to date."""


_BUILT = "The scene is built."


class Parallax(bpy.types.PropertyGroup):
    """How a scene is made of layers: `Scene.replate_parallax`."""

    kind: bpy.props.EnumProperty(
        name="Surfaces",
        items=(
            ("grid", "Grids", "Displaced by depth, pixel by pixel", "MESH_GRID", 0),
            ("card", "Cards", "Flat, each at its layer's distance", "MESH_PLANE", 1),
        ),
    )
    cells: bpy.props.IntProperty(
        name="Cells", description="Of a grid, along the picture's longer side", default=320, min=1, max=4096
    )
    subject: bpy.props.BoolProperty(
        name="Find the Subject",
        description="Finds what stands out of the plate, and keeps it whole in a layer of its own",
    )
    another: bpy.props.BoolProperty(
        name="Build Another",
        description="Builds a scene beside the one of this plate, instead of bringing that up to date",
    )
    lens: bpy.props.PointerProperty(type=lens.Lens)


class BuildParallax(bpy.types.Operator):
    """Take the plate apart in depth, and build its scene: a camera, and a surface for each layer"""

    bl_idname = "replate.build_parallax"
    bl_label = "Build Parallax Scene"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: ask(context.scene))


def ask(stage: bpy.types.Scene) -> coming.Run:
    """Asks for the plate's depth, its layers and their scene, which is built when it is there. Raises `AgentError`."""
    layers = _layers()
    if layers is None:
        raise AgentError("Unmet", "Nothing is known of a server that makes layers: press Connect.")
    options = stage.replate_parallax
    params = asking.params(stage, layers, _made(stage, layers))
    number, place = record.next_place(stage, "parallax")
    wish = {
        "title": _title(params["inputs"]["plate"]) or stage.name,
        "fps": stage.render.fps / stage.render.fps_base,
        "kind": options.kind,
        "cells": options.cells,
        **lens.asked(options.lens, stage),
    }
    return jobs.ask(stage, params, number, {coming.SCENE: f"{place}/scene/scene.json"}, {}, wish)


def built(version: Version, stage: bpy.types.Scene) -> str:
    """Builds what came, or brings the rig of the same plate up to date. Raises ValueError as `rig.build`.

    Gives a sentence where something of the artist's may hide it, as the cube does in Blender's own first scene.
    """
    path, plate = version.outputs[coming.SCENE], version.inputs.get("plate", "")
    options = stage.replate_parallax
    standing = None if options.another else pieces.rig_where(stage, PLATE, plate)
    # What is no scene leaves the one that stands as it is.
    read_scene(path)
    if standing is not None:
        standing[pieces.FILE] = path
    camera = stage.camera if options.lens.of == lens.CAMERA else None
    made = rig.build(path, stage.collection, None if camera else stage)
    made.root[PLATE] = plate
    if camera is not None and standing is None:
        # Where the artist's own camera is, so that the layers stand among what it sees.
        made.root.matrix_world = camera.matrix_world
        return _BUILT
    bpy.context.view_layer.update()
    others = pieces.beside(made, stage)
    return (
        f"The scene is built, and {others[0].name} is in it too: Hide the Rest, to see the plate alone."
        if others
        else _BUILT
    )


class _Connected:
    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _layers() is not None


class _Panel:
    bl_label = "Parallax"

    def draw(self, context: bpy.types.Context) -> None:
        layout, stage = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        if (layers := _layers()) is None:
            said(layout, "Scenes are built by a server that makes layers: connect to one.")
            return
        options, depth = stage.replate_parallax, properties.named("depth")
        given = [role.name for role, picture in properties.inputs(stage, layers) if not picture.empty()]
        if depth is not None and "depth" not in given:
            properties.draw_model(stage, layout, depth, "Depth By")
        layout.prop(options, "subject")
        layout.prop(options, "kind", expand=True)
        if options.kind == "grid":
            layout.prop(options, "cells")
        if pieces.rigs(stage):
            layout.prop(options, "another")
        layout.operator("replate.build_parallax", icon="VIEW_CAMERA")


class _LensPanel(_Connected):
    bl_label = "Lens"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split, self.layout.use_property_decorate = True, False
        context.scene.replate_parallax.lens.draw(self.layout)


class _LayersPanel(_Connected):
    """What the layers are made of besides the plate, and how."""

    bl_label = "Layer Settings"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    def draw(self, context: bpy.types.Context) -> None:
        layout, stage, layers = self.layout, context.scene, _layers()
        layout.use_property_split, layout.use_property_decorate = True, False
        for role, picture in properties.inputs(stage, layers):
            finds = role.name == "mattes" and stage.replate_parallax.subject
            if picture != properties.plate(stage) and not finds:
                picture.draw(layout, f"{role.label} (if wanted)")
        properties.draw_model(stage, layout, layers, "Filled By")
        for field in properties.fields(stage, layers):
            layout.prop(field.group, field.name)


_CLASSES = (
    lens.Lens,
    Parallax,
    BuildParallax,
    panel(_Panel, "parallax"),
    panel(_LensPanel, "lens", parent="parallax"),
    panel(_LayersPanel, "layers", parent="parallax"),
)


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.replate_parallax = bpy.props.PointerProperty(type=Parallax)
    coming.build.append(built)


def unregister() -> None:
    coming.build.remove(built)
    del bpy.types.Scene.replate_parallax
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)


def _layers() -> Operation | None:
    return properties.named("layers")


def _made(stage: bpy.types.Scene, layers: Operation) -> dict[str, Any]:
    """What is made of the plate before its layers, by role."""
    given = {role.name: picture for role, picture in properties.inputs(stage, layers) if not picture.empty()}
    made: dict[str, Any] = {}
    depth, matte = properties.named("depth"), properties.named("matte")
    if "depth" not in given and depth is not None:
        made["depth"] = {"operation": depth.name, "output": "depth", **asking.settings(stage, depth)}
    if stage.replate_parallax.subject:
        if matte is None:
            raise AgentError("Unmet", "This server finds no subjects: give a matte of your own instead.")
        made["mattes"] = {"operation": matte.name, "output": "matte", **asking.settings(stage, matte)}
    return made


def _title(plate: dict[str, Any]) -> str:
    """The plate's file by name, without the frame's number."""
    return PurePath(plate.get("path", "")).stem.replace("####", "").rstrip("._- ")
