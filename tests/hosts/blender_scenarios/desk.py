"""The extension of this checkout at work in a Blender of its own, and the waiting that an artist does."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

MODULE = "bl_ext.user_default.replate"
ADDON = Path(__file__).resolve().parents[3] / "blender_addon"
PATIENCE = 90.0


def enable() -> None:
    """Has Blender find the checkout where it looks for what was installed."""
    home = Path(os.environ["BLENDER_USER_RESOURCES"]) / "extensions" / "user_default"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "replate").exists():
        (home / "replate").symlink_to(ADDON, target_is_directory=True)
    bpy.ops.preferences.addon_enable(module=MODULE)


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{MODULE}.{name}")


def wait(condition: Callable[[], Any], what: str) -> None:
    """Has the timer's body run, which has no timer here, until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}; {part('jobs').status(bpy.context.scene)}"
        part("agent").drain()
        # As often as the timer would, roughly; the agent is another process.
        time.sleep(0.01)


def connect(address: str) -> str:
    """What the preferences say of it."""
    bpy.context.preferences.addons[MODULE].preferences.address = address
    bpy.ops.replate.connect()
    wait(lambda: said() != "Asking the server", "the server answers")
    return said()


def said() -> str:
    return str(bpy.context.window_manager["replate_connection"])


def finish() -> None:
    wait(lambda: not part("work.jobs").under_way(), "the job ends")


def refusal(act: Callable[[], Any]) -> str:
    """What an operator reports when it will not."""
    try:
        act()
    except RuntimeError as error:
        return str(error).removeprefix("Error: ").strip()
    return ""


def first_frame(image: bpy.types.Image) -> bpy.types.Image:
    """With all of an image's settings: of a sequence bpy has pixels only where something draws it."""
    first = image.copy()
    first.source = "FILE"
    first.reload()
    return first


def composited(image: bpy.types.Image, frame: int, out: Path) -> None:
    """Has the compositor write what it sees of an image on a frame of the scene: EXR, 32-bit float."""
    stage = bpy.context.scene
    tree, end = compositor(stage)
    node = tree.nodes.new("CompositorNodeImage")
    node.image = image
    first, last = image["replate_frames"]
    node.frame_start, node.frame_duration, node.frame_offset = first, last - first + 1, first - 1
    shown = next(socket for socket in node.outputs if socket.enabled)
    tree.links.new(shown, end)
    stage.frame_set(frame)
    render = stage.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 48, 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    render.filepath = str(out)
    bpy.ops.render.render(write_still=True)
    tree.nodes.clear()


def compositor(stage: bpy.types.Scene) -> tuple[bpy.types.NodeTree, bpy.types.NodeSocket]:
    """A scene's compositor, empty but for its result, which is the socket."""
    if hasattr(stage, "compositing_node_group"):
        # From 5.0 it is a node group like others.
        tree = stage.compositing_node_group = bpy.data.node_groups.new("Compositor", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        return tree, tree.nodes.new("NodeGroupOutput").inputs[0]
    stage.use_nodes = True
    stage.node_tree.nodes.clear()
    return stage.node_tree, stage.node_tree.nodes.new("CompositorNodeComposite").inputs[0]


def pixels(image: bpy.types.Image) -> list[float]:
    """RGBA of a datablock as it is, row 0 at the bottom."""
    found = [0.0] * len(image.pixels)
    image.pixels.foreach_get(found)
    return found


def described(image: bpy.types.Image) -> dict[str, Any]:
    first = first_frame(image)
    return {
        "source": image.source,
        "space": image.colorspace_settings.name,
        "size": list(first.size),
        "file": Path(image.filepath).name,
        "properties": {name: plain(value) for name, value in image.items() if name.startswith("replate_")},
        "pixels": pixels(first),
    }


def plain(value: Any) -> Any:
    return value.to_list() if hasattr(value, "to_list") else value


def report(out: str, told: dict[str, Any]) -> None:
    Path(out).write_text(json.dumps(told), encoding="utf-8")
    part("agent").forget()
    # Blender's own way out prints of memory that it did not free, and takes its time.
    os._exit(0)
