"""Where an input comes from: files, an image datablock, or what the scene rendered."""

# No `annotations` from __future__: Blender reads them as they are.
from pathlib import Path
from typing import Any

import bpy

from ..replate_host import AgentError
from . import results

LINEAR = "Linear Rec.709"
_SERVERS = {LINEAR: "Linear Rec.709 (sRGB)"}
"""The server's names of colour spaces that it calls differently."""
_SPACES = (LINEAR, "Linear Rec.2020", "Linear DCI-P3 D65", "ACEScg", "ACES2065-1")
_LIGHT = (".exr", ".hdr")
"""Files of scene-linear light. Of all others the file itself says what its values are, or they are sRGB."""
_MOVIES = (".mov", ".mp4", ".mxf", ".avi", ".mkv", ".webm", ".m4v")
_NUMBER = 987654


class Picture(bpy.types.PropertyGroup):
    """One input of an operation."""

    source: bpy.props.EnumProperty(
        name="Source",
        items=(
            ("FILE", "File", "A picture, a movie, or a sequence with #### for the frame's number", "FILE_IMAGE", 0),
            ("IMAGE", "Image", "An image of this .blend, as it lies on disk", "IMAGE_DATA", 1),
            ("RENDER", "Render", "What this scene rendered, at its output path", "RENDER_RESULT", 2),
            ("CLIP", "Movie Clip", "A clip of this .blend, on the frames on which it plays", "TRACKER", 3),
        ),
    )
    path: bpy.props.StringProperty(
        name="File",
        description="A picture, a movie, or a sequence with #### for the frame's number",
        subtype="FILE_PATH",
    )
    image: bpy.props.PointerProperty(type=bpy.types.Image, name="Image")
    clip: bpy.props.PointerProperty(type=bpy.types.MovieClip, name="Movie Clip")
    start: bpy.props.IntProperty(name="First Frame", description="The number of the movie's first frame", default=1)
    space: bpy.props.EnumProperty(
        name="Colour Space",
        description="What an EXR's light is in",
        items=tuple((space, space, "", number) for number, space in enumerate(_SPACES)),
    )

    def draw(self, layout: bpy.types.UILayout, label: str) -> None:
        column = layout.column(align=True)
        row = column.row(align=True)
        row.label(text=label)
        row.prop(self, "source", text="")
        if self.source == "FILE":
            row = column.row(align=True)
            row.prop(self, "path", text="")
            if results.pattern_of(self.path) != self.path and not self.path.lower().endswith(_MOVIES):
                row.context_pointer_set("replate_picture", self)
                row.operator("replate.as_sequence", text="", icon="SEQUENCE")
            if self.path.lower().endswith(_LIGHT):
                column.prop(self, "space", text="")
            if self.path.lower().endswith(_MOVIES):
                column.prop(self, "start")
        elif self.source == "IMAGE":
            column.template_ID(self, "image", open="image.open")
        elif self.source == "CLIP":
            column.template_ID(self, "clip", open="clip.open")
        else:
            column.label(text=Path(_rendered(self.id_data)).name)

    def empty(self) -> bool:
        return {"FILE": not self.path, "IMAGE": self.image is None, "CLIP": self.clip is None}.get(self.source, False)

    def asked(self, label: str, kind: str) -> dict[str, Any]:
        """As the agent's `submit` takes an input. Raises `AgentError` where there is nothing to send.

        A result that feeds what takes any picture, such as depth, does not come back from the server for that.
        """
        if self.empty():
            raise AgentError("Unmet", f"Choose the {label.lower()}: a file, an image, or what the scene rendered.")
        if self.source == "IMAGE" and kind == "any" and results.made_by(self.image) is not None:
            return results.made_by(self.image)
        path = self._where(label)
        space = self.light() if path.lower().endswith(_LIGHT) and kind != "matte" else ""
        if self.source == "IMAGE" and self.image.colorspace_settings.name == "Non-Color":
            space = ""
        asked: dict[str, Any] = {"path": path, **({"colour_space": served(space)} if space else {})}
        if path.lower().endswith(_MOVIES):
            asked["start"] = {"FILE": self.start, "CLIP": self.clip.frame_start if self.clip else 1}.get(self.source, 1)
        return asked

    def light(self) -> str:
        """The space of a result in this picture's colours, by Blender's name."""
        if self.source == "FILE" and self.path.lower().endswith(_LIGHT):
            return self.space
        held = {"IMAGE": self.image, "CLIP": self.clip}.get(self.source)
        if held is not None and held.filepath.lower().endswith(_LIGHT):
            own = held.colorspace_settings.name
            return own if own in _SPACES else LINEAR
        return LINEAR

    def _where(self, label: str) -> str:
        if self.source == "RENDER":
            return _rendered(self.id_data)
        if self.source == "FILE":
            return Path(bpy.path.abspath(self.path)).as_posix()
        if self.source == "CLIP":
            path = Path(bpy.path.abspath(self.clip.filepath, library=self.clip.library)).as_posix()
            return results.pattern_of(path) if self.clip.source == "SEQUENCE" else path
        image = self.image
        if not image.filepath or image.packed_file or image.is_dirty:
            raise AgentError("Unmet", f'Save the image "{image.name}" to disk: the {label.lower()} is read from there.')
        path = Path(bpy.path.abspath(image.filepath, library=image.library)).as_posix()
        return results.pattern_of(path) if image.source == "SEQUENCE" else path


class AsSequence(bpy.types.Operator):
    """Take all of the sequence that this file is one frame of"""

    bl_idname = "replate.as_sequence"
    bl_label = "The Whole Sequence"

    def execute(self, context: bpy.types.Context) -> set[str]:
        picture = context.replate_picture
        picture.path = results.pattern_of(picture.path)
        return {"FINISHED"}


def served(space: str) -> str:
    """The server's name of a colour space, by Blender's."""
    return _SERVERS.get(space, space)


def _rendered(scene: bpy.types.Scene) -> str:
    """The scene's output path, #### where the frame's number stands."""
    path = Path(scene.render.frame_path(frame=_NUMBER)).as_posix()
    if scene.render.is_movie_format:
        return Path(scene.render.frame_path(frame=scene.frame_start)).as_posix()
    front, _, back = path.rpartition(str(_NUMBER))
    return f"{front}####{back}"


register, unregister = bpy.utils.register_classes_factory((Picture, AsSequence))
