"""A layer's material: light of the picture's colour, through which what is behind shows by 1 - alpha.

That is a premultiplied over, and exact at rest. `LIT` turns the light into a surface that the scene's lamps light;
`EDGE` takes soft edges in.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from ..replate_host.scene import Layer, Scene
from ..work.images import image, play
from .camera import middle, projection
from .chain import Chain
from .pieces import ROLE

LIT, EDGE = "Replate Lit", "Replate Edge"
"""Nodes with a number each. 0 is the picture's own light, 1 a matt surface of its colour; and 0 is the edge as found,
1 its cover multiplied by itself, -1 the same for what it leaves clear."""
_PICTURE, _PLACE, _ORIGIN = "Replate Picture", "Replate Place", "Replate Origin"


def material(scene: Scene, layer: Layer, folder: Path) -> bpy.types.Material:
    """A new material that projects the layer's picture from the camera at rest."""
    made = bpy.data.materials.new(layer.name)
    made[ROLE] = layer.name
    made.use_nodes = True
    made.surface_render_method = "BLENDED"
    # A surface that folds over itself, as a stretched edge seen from beside does, would be drawn there in no order.
    made.use_transparency_overlap = False
    if hasattr(made, "cycles"):
        made.cycles.emission_sampling = "NONE"
    tree = made.node_tree
    tree.nodes.clear()
    place = Chain(tree)
    # Along the layer's own rays, so that the picture holds still on a displaced surface.
    own = place.add("ShaderNodeTexCoord").outputs["Object"]
    own = place.add("ShaderNodeVectorMath", {0: own}, operation="ADD", name=_ORIGIN).outputs[0]
    parts = place.add("ShaderNodeSeparateXYZ", {0: own})
    away = place.add("ShaderNodeMath", {0: parts.outputs["Z"], 1: -1.0}, operation="MULTIPLY").outputs[0]
    ray = place.add("ShaderNodeVectorMath", {0: own, 1: away}, operation="DIVIDE").outputs[0]
    where = place.add("ShaderNodeVectorMath", {0: ray}, operation="MULTIPLY_ADD", name=_PLACE).outputs[0]
    picture = place.add(
        "ShaderNodeTexImage", {"Vector": where}, interpolation="Linear", extension="EXTEND", name=_PICTURE
    )
    colour, clear = _edged(place, picture)
    light = place.add("ShaderNodeEmission", {"Color": colour})
    # A premultiplied colour on a matt surface is the surface, by its cover.
    surface = place.add("ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": 1.0, "Specular IOR Level": 0.0})
    lit = place.add("ShaderNodeValue", name=LIT, label="Lit").outputs[0]
    lit.default_value = 0.0
    seen = place.add("ShaderNodeMixShader", {0: lit, 1: light.outputs[0], 2: surface.outputs[0]})
    through = place.add("ShaderNodeBsdfTransparent", {"Color": clear})
    both = place.add("ShaderNodeAddShader", {0: seen.outputs[0], 1: through.outputs[0]})
    place.add("ShaderNodeOutputMaterial", {"Surface": both.outputs[0]})
    project(made, scene, layer, folder)
    return made


def project(made: bpy.types.Material, scene: Scene, layer: Layer, folder: Path) -> None:
    """Has a material that was made before show the layer's picture; all else in it stays as the artist left it."""
    nodes = made.node_tree.nodes
    if origin := nodes.get(_ORIGIN):
        origin.inputs[1].default_value = middle(scene, layer)
    if place := nodes.get(_PLACE):
        place.inputs[1].default_value, place.inputs[2].default_value = projection(scene)
    if picture := nodes.get(_PICTURE):
        picture.image = image(folder / layer.picture, scene.first, scene.colour_space)
        if picture.image.source == "SEQUENCE":
            play(picture.image_user, scene.first, scene.last)


def _edged(place: Chain, picture: bpy.types.Node) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """The picture's colour, and how much of what is behind shows, with the soft edge as `EDGE` says."""
    edge = place.add("ShaderNodeValue", name=EDGE, label="Edge").outputs[0]
    edge.default_value = 0.0
    soft = place.add("ShaderNodeMath", {0: 1.0, 1: picture.outputs["Alpha"]}, operation="SUBTRACT").outputs[0]
    less = place.add("ShaderNodeMath", {0: soft, 1: edge}, operation="MULTIPLY").outputs[0]
    kept = place.add("ShaderNodeMath", {0: 1.0, 1: less}, operation="SUBTRACT").outputs[0]
    colour = place.add("ShaderNodeVectorMath", {0: picture.outputs["Color"], "Scale": kept}, operation="SCALE")
    cover = place.add("ShaderNodeMath", {0: picture.outputs["Alpha"], 1: kept}, operation="MULTIPLY").outputs[0]
    return colour.outputs[0], place.add("ShaderNodeMath", {0: 1.0, 1: cover}, operation="SUBTRACT").outputs[0]
