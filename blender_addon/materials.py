"""A layer's material: light of the picture's colour, through which what is behind shows by 1 - alpha.

That is a premultiplied over, and exact at rest.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from .camera import projection
from .chain import Chain
from .images import image
from .pieces import ROLE
from .replate_host.scene import Layer, Scene

_PICTURE, _PLACE = "Replate Picture", "Replate Place"


def material(scene: Scene, layer: Layer, folder: Path) -> bpy.types.Material:
    """A new material that projects the layer's picture from the camera at rest."""
    made = bpy.data.materials.new(layer.name)
    made[ROLE] = layer.name
    made.use_nodes = True
    made.surface_render_method = "BLENDED"
    if hasattr(made, "cycles"):
        made.cycles.emission_sampling = "NONE"
    tree = made.node_tree
    tree.nodes.clear()
    place = Chain(tree)
    # Along the layer's own rays, so that the picture holds still on a displaced surface.
    own = place.add("ShaderNodeTexCoord").outputs["Object"]
    parts = place.add("ShaderNodeSeparateXYZ", {0: own})
    away = place.add("ShaderNodeMath", {0: parts.outputs["Z"], 1: -1.0}, operation="MULTIPLY").outputs[0]
    ray = place.add("ShaderNodeVectorMath", {0: own, 1: away}, operation="DIVIDE").outputs[0]
    where = place.add("ShaderNodeVectorMath", {0: ray}, operation="MULTIPLY_ADD", name=_PLACE).outputs[0]
    picture = place.add(
        "ShaderNodeTexImage", {"Vector": where}, interpolation="Linear", extension="EXTEND", name=_PICTURE
    )
    light = place.add("ShaderNodeEmission", {"Color": picture.outputs["Color"]})
    clear = place.add("ShaderNodeMath", {0: 1.0, 1: picture.outputs["Alpha"]}, operation="SUBTRACT").outputs[0]
    through = place.add("ShaderNodeBsdfTransparent", {"Color": clear})
    both = place.add("ShaderNodeAddShader", {0: light.outputs[0], 1: through.outputs[0]})
    place.add("ShaderNodeOutputMaterial", {"Surface": both.outputs[0]})
    project(made, scene, layer, folder)
    return made


def project(made: bpy.types.Material, scene: Scene, layer: Layer, folder: Path) -> None:
    """Has a material that was made before show the layer's picture; all else in it stays as the artist left it."""
    nodes = made.node_tree.nodes
    if place := nodes.get(_PLACE):
        place.inputs[1].default_value, place.inputs[2].default_value = projection(scene)
    if picture := nodes.get(_PICTURE):
        picture.image = image(folder / layer.picture, scene.first, scene.colour_space)
        if picture.image.source == "SEQUENCE":
            picture.image_user.frame_start = scene.first
            picture.image_user.frame_duration = scene.last - scene.first + 1
            picture.image_user.frame_offset = scene.first - 1
            picture.image_user.use_auto_refresh = True
