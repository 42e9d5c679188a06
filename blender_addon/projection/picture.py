"""A layer of a multilayer EXR as a picture of its own: shaders see no other."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..work.exr import size


def write(file: Path, layer: str, out: Path) -> None:
    """Has Blender's compositor write a layer, "ViewLayer.Depth", as an EXR of 32-bit float: R, G and B are its first.

    That is a render of one frame in which nothing is rendered. Raises RuntimeError with what Blender says of it, and
    as `exr.size`.
    """
    stage = bpy.data.scenes.new("Replate Layer")
    picture = bpy.data.images.load(str(file))
    try:
        tree, end = _compositor(stage)
        node = tree.nodes.new("CompositorNodeImage")
        node.image = picture
        of, _, kind = layer.rpartition(".")
        if node.has_layers:
            node.layer = of
        tree.links.new(node.outputs[kind], end)
        render = stage.render
        render.resolution_x, render.resolution_y = size(file)
        render.resolution_percentage = 100
        render.use_file_extension = False
        render.image_settings.file_format, render.image_settings.color_mode = "OPEN_EXR", "RGB"
        render.image_settings.color_depth = "32"
        render.filepath = str(out)
        bpy.ops.render.render(write_still=True, scene=stage.name)
    finally:
        group = getattr(stage, "compositing_node_group", None)
        bpy.data.scenes.remove(stage)
        bpy.data.images.remove(picture)
        if group is not None:
            bpy.data.node_groups.remove(group)


def _compositor(stage: bpy.types.Scene) -> tuple[bpy.types.NodeTree, bpy.types.NodeSocket]:
    """A compositor that has nothing but its result, which is the socket."""
    if hasattr(stage, "compositing_node_group"):
        tree = stage.compositing_node_group = bpy.data.node_groups.new(stage.name, "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        return tree, tree.nodes.new("NodeGroupOutput").inputs[0]
    stage.use_nodes = True
    stage.node_tree.nodes.clear()
    return stage.node_tree, stage.node_tree.nodes.new("CompositorNodeComposite").inputs[0]
