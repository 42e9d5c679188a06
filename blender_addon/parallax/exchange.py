"""Scenes from and to elsewhere: a scene.json built here, and what stands here written for Nuke, USD and glTF."""

# No `annotations` from __future__: Blender reads them as they are.
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .. import agent
from ..replate_host import AgentError
from ..replate_host.scene import read_scene
from ..tab.operators import tried
from ..tab.panels import panel, said
from . import grid, inputs, pieces, rig
from .baking import baked

_ENDINGS = {"NUKE": ".nk", "USD": ".usda", "GLTF": ".glb"}
_SAID = "replate_exchange"
"""Property of the window manager: how the last export went, which no file keeps."""
_FAILED = " was not written: "


class ImportScene(bpy.types.Operator, ImportHelper):
    """Build the scene of a scene.json that was made anywhere, or bring the one that stands here up to date"""

    bl_idname = "replate.import_scene"
    bl_label = "Import Replate Scene"
    bl_options = frozenset({"REGISTER", "UNDO"})
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})
    match: bpy.props.BoolProperty(
        name="Set the Scene Up",
        description="Gives this scene the plate's format, frames and rate, and renders through its camera",
        default=True,
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        stage = context.scene
        try:
            path = _whole(self.filepath)
            _check(path)
            rig.build(path, stage.collection, stage if self.match else None)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class Export(bpy.types.Operator, ExportHelper):
    """Write the parallax scene as it is now for another program: the camera's move, and layers where you put them"""

    bl_idname = "replate.export"
    bl_label = "Export Replate Scene"
    filename_ext = ""
    filter_glob: bpy.props.StringProperty(default="*.nk;*.usda;*.glb", options={"HIDDEN"})
    format: bpy.props.EnumProperty(
        name="Format",
        items=(
            ("NUKE", "Nuke (.nk)", "A script with the scene as classic 3D nodes, and the camera's keyframes"),
            ("USD", "USD (.usda)", "A file that refers to the scene's own, which must stay where it is"),
            ("GLTF", "glTF (.glb)", "One frame of the plate as it is now, with the camera's move, in one file"),
        ),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        cls.poll_message_set("There is no parallax scene here: build one, or import a scene.json")
        return pieces.current(context) is not None

    def check(self, context: bpy.types.Context) -> bool:
        before = self.filepath
        self.filepath = _named(before, self.format)
        return self.filepath != before

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            title = bpy.path.clean_name(pieces.current(context).root.name)
            home = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
            self.filepath = _named(str(home / title), self.format)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.prop(self, "format")
        stage = context.scene
        if self.format == "GLTF":
            said(self.layout, f"Pictures of frame {stage.frame_current} alone: glTF has no sequences.", "INFO")
        else:
            said(self.layout, f"Frames {stage.frame_start} to {stage.frame_end}.", "INFO")

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: _export(context, _named(_whole(self.filepath), self.format), self.format))


class _Panel:
    bl_label = "Exchange"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator("replate.import_scene", text="Import Scene...", icon="IMPORT")
        layout.operator("replate.export", text="Export...", icon="EXPORT")
        told = context.window_manager.get(_SAID, "")
        if told:
            said(layout, told, "ERROR" if _FAILED in told else "NONE")


_CLASSES = (ImportScene, Export, panel(_Panel, "exchange", parent="parallax"))


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.TOPBAR_MT_file_import.append(_import_entry)
    bpy.types.TOPBAR_MT_file_export.append(_export_entry)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_export.remove(_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_import_entry)
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)


def _export(context: bpy.types.Context, out: str, format: str) -> None:
    """Has the agent write a file, and says in the tab how that went. Raises `AgentError` for what cannot be asked."""
    found, stage, manager = pieces.current(context), context.scene, context.window_manager
    if found is None:
        raise AgentError("Unmet", "There is no parallax scene here: build one, or import a scene.json.")
    try:
        asked = baked(found, stage, context.view_layer)
    except ValueError as error:
        raise AgentError("Unmet", str(error)) from None
    asked |= {"scene": found.root[pieces.FILE], "out": out, "kind": format.lower(), "frame": stage.frame_current}

    stays = _staying(found)

    def done(result: Any, error: AgentError | None) -> None:
        name = Path(out).name
        told = (
            f"{name} was not written: {error}"
            if error
            else " ".join([f"{name} is written.", *result["warnings"], *stays])
        )
        bpy.context.window_manager[_SAID] = told

    agent.current().request("export", asked, done)
    manager[_SAID] = f"{Path(out).name} is being written"


def _staying(found: pieces.Rig) -> list[str]:
    """What of a rig no other program is told, in sentences."""
    said = []
    if found.root.get(pieces.LIT, 0.0) > 0:
        said.append("The light of lamps stays in Blender: elsewhere it is the plate's own.")
    if any(handle.get(pieces.EDGE, 0.0) for handle in found.handles):
        said.append("Edges are as they were found: Edge stays in Blender.")
    if any(inputs.given(modifier, "Tear") for layer in found.layers for modifier in grid.grids(layer)):
        said.append("Nothing is torn: Tear stays in Blender.")
    return said


def _check(path: str) -> None:
    """Raises ValueError for a scene whose pictures are not there: Blender would stop half way."""
    file = Path(path)
    scene = read_scene(file)
    for layer in scene.layers:
        for each in (layer.picture,) if layer.kind == "card" else (layer.picture, layer.depth):
            first = file.parent / each.replace("####", f"{scene.first:04d}")
            if not first.is_file():
                raise ValueError(f"{first.as_posix()} is not there: copy the scene's whole folder.")


def _whole(path: str) -> str:
    """A path as the agent and Python take it; // is the .blend's folder."""
    return Path(bpy.path.abspath(path)).expanduser().absolute().as_posix()


def _named(path: str, format: str) -> str:
    """With the ending of a format in the place of another's."""
    if not Path(path).name:
        return path
    front = path[: -len(Path(path).suffix)] if Path(path).suffix.lower() in _ENDINGS.values() else path
    return front + _ENDINGS[format]


def _import_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("replate.import_scene", text="Replate Scene (.json)")


def _export_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("replate.export", text="Replate Scene (.nk, .usda, .glb)")
