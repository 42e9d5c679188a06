"""A result put into the scene: in an editor, as a strip, in the compositor, behind the camera, or as the next plate.

Whatever shows it, frame 1001 of the result is on frame 1001 of the scene.
"""

# No `annotations` from __future__: Blender reads them as they are.
from pathlib import Path
from typing import Any

import bpy

from ..replate_host import AgentError
from ..replate_host.versions import Version
from ..work import coming, properties, record, rendered, results
from ..work.images import play
from .operators import tried

STRIP, COMPOSITOR, BACKGROUND = "STRIP", "COMPOSITOR", "BACKGROUND"
PLACES = (
    (STRIP, "Strip", "In the scene's video sequencer", "SEQUENCE", 1),
    (COMPOSITOR, "Compositor Input", "An image node in the scene's compositor", "NODE_COMPOSITING", 2),
    (BACKGROUND, "Camera Image", "Over what the scene's camera sees in the 3D View", "CAMERA_DATA", 3),
)
"""Where a result can be in a scene, as a property's items."""


class Place(bpy.types.Operator):
    """Put this result into the scene, on its own frames"""

    bl_idname = "replate.place"
    bl_label = "Place Result"
    bl_options = frozenset({"REGISTER", "UNDO"})

    where: bpy.props.EnumProperty(
        name="Where",
        items=(
            (
                "EDITOR",
                "Image Editor",
                "In an Image Editor, in a window of its own where none is open",
                "IMAGE_DATA",
                0,
            ),
            *PLACES,
            ("PLATE", "Plate", "As the plate of what is asked for next", "FILE_IMAGE", 4),
        ),
    )
    version: bpy.props.IntProperty(options={"HIDDEN"})
    output: bpy.props.StringProperty(options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: place(context.scene, self.version, self.output, self.where))


def place(scene: bpy.types.Scene, number: int, output: str, where: str) -> None:
    """Puts a version's output somewhere, or brings it up to date there. Raises `AgentError` where it cannot be."""
    version = next((each for each in record.versions(scene) if each.number == number), None)
    if version is None or output not in version.outputs:
        raise AgentError("NotFound", f"The scene has no version {number} with such a result: choose another one.")
    shown = results.show(version, output, record.beside(scene, number)["spaces"][output])
    if shown is None:
        raise AgentError("NotFound", f"No frames of version {number} are on disk: run it again.")
    frames = rendered.unchanged(scene)
    _PLACES[where](scene, shown, version.outputs[output])
    if frames is not None:
        # Where a result is shown changes nothing of what is rendered.
        rendered.keep(scene, frames)


def pictures(version: Version) -> list[str]:
    """The outputs of a version that can be placed; none where no frame came yet."""
    return [output for output in version.outputs if output != coming.SCENE] if version.sequence else []


def set_frames(user: Any, shown: bpy.types.Image) -> None:
    """Has what plays a result, an image user or a node, play it on its own frames."""
    if shown.source == "SEQUENCE":
        play(user, *shown[results.FRAMES])


def compositor(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """The scene's compositor; a new one lets the render through."""
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        return scene.node_tree
    tree = scene.compositing_node_group
    if tree is None:
        # From 5.0 it is a node group like others, and a scene may have none.
        tree = scene.compositing_node_group = bpy.data.node_groups.new("Compositor", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        seen, end = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("NodeGroupOutput")
        end.location = 400.0, 0.0
        tree.links.new(seen.outputs["Image"], end.inputs[0])
    return tree


def _editor(scene: bpy.types.Scene, shown: bpy.types.Image, pattern: str) -> None:
    windows = bpy.context.window_manager.windows
    if not windows:
        raise AgentError("Unmet", "Blender has no window to show the result in.")
    areas = (area for window in windows for area in window.screen.areas if area.type == "IMAGE_EDITOR")
    if (area := next(areas, None)) is not None:
        _edit(area, shown)
        return
    name = shown.name

    def open_window() -> None:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.wm.window_new()
        area = windows[-1].screen.areas[0]
        area.type = "IMAGE_EDITOR"
        _edit(area, bpy.data.images[name])

    # Blender crashes after an operator that opened a window.
    bpy.app.timers.register(open_window)


def _edit(area: bpy.types.Area, shown: bpy.types.Image) -> None:
    area.spaces.active.image = shown
    set_frames(area.spaces.active.image_user, shown)


def _strip(scene: bpy.types.Scene, shown: bpy.types.Image, pattern: str) -> None:
    editor = scene.sequence_editor or scene.sequence_editor_create()
    # Strips were called sequences before 4.4.
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    first, last = shown[results.FRAMES]
    channel = max((strip.channel for strip in strips), default=0) + 1
    for before in [strip for strip in strips if strip.get(results.JOB) == shown[results.JOB]]:
        if before.get(results.OUTPUT) == shown[results.OUTPUT]:
            channel = before.channel
            strips.remove(before)
    there = set(results.on_disk(pattern))
    file = pattern.replace("####", f"{first:04d}")
    strip = strips.new_image(shown.name, file, channel, first)
    for number in range(first + 1, last + 1):
        if number in there:
            file = pattern.replace("####", f"{number:04d}")
        # What is missing is held by the frame before it.
        strip.elements.append(Path(file).name)
    strip.frame_final_duration = last - first + 1
    strip.colorspace_settings.name = shown.colorspace_settings.name
    strip.alpha_mode = "PREMUL"
    strip[results.JOB], strip[results.OUTPUT] = shown[results.JOB], shown[results.OUTPUT]


def _compositor(scene: bpy.types.Scene, shown: bpy.types.Image, pattern: str) -> None:
    tree = compositor(scene)
    node = next((node for node in tree.nodes if node.bl_idname == _NODE and node.image == shown), None)
    if node is None:
        low = min((node.location.y for node in tree.nodes), default=0.0)
        left = min((node.location.x for node in tree.nodes), default=0.0)
        node = tree.nodes.new(_NODE)
        node.location = left, low - 400.0
        node.image = shown
    node.label = shown.name
    set_frames(node, shown)


def _background(scene: bpy.types.Scene, shown: bpy.types.Image, pattern: str) -> None:
    if scene.camera is None or scene.camera.type != "CAMERA":
        raise AgentError("Unmet", "The scene has no camera to show the result in: choose one.")
    camera = scene.camera.data
    held = next((each for each in camera.background_images if each.image == shown), None)
    if held is None:
        # Of another version, one would hide the other.
        held = next((each for each in camera.background_images if each.image and results.JOB in each.image), None)
    held = held or camera.background_images.new()
    held.source, held.image = "IMAGE", shown
    held.alpha, held.frame_method = 1.0, "FIT"
    # Layers fill the frame, and would hide what is behind them.
    held.display_depth = "FRONT"
    camera.show_background_images = True
    set_frames(held.image_user, shown)


def _plate(scene: bpy.types.Scene, shown: bpy.types.Image, pattern: str) -> None:
    plate = properties.plate(scene)
    if plate is None:
        raise AgentError("Unmet", "Nothing is known of the server yet: press Connect.")
    plate.source, plate.image = "IMAGE", shown


_NODE = "CompositorNodeImage"
_PLACES = {"EDITOR": _editor, STRIP: _strip, COMPOSITOR: _compositor, BACKGROUND: _background, "PLATE": _plate}

register, unregister = bpy.utils.register_classes_factory((Place,))
