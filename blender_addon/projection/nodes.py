"""The node group "Replate Projection": a picture over a material's own shader, where the projector sees its surface.

What the picture covers is over what is there, premultiplied: the material's own shader by 1 - `Blend` x alpha, and the
picture's light by `Blend`. Where the projector does not see the surface, and at a `Blend` of 0, there is the material.
What the projector saw through, as through a layer's soft edge, is in the picture of what lies behind: with `Through` it
is cleared away, so that it is not seen twice.
"""

from __future__ import annotations

import bpy

from ..parallax.chain import Chain
from ..parallax.pieces import ROLE
from .projector import Projector

NAME = "Replate Projection"
PROJECTION = "projection"
"""The role of the group, of its nodes, and of materials that were made for it."""

_INPUTS = (
    ("Blend", 1.0, 1.0, "0 is the material as it was, 1 the picture"),
    (
        "Lit",
        0.0,
        1.0,
        "0 is the picture's own light, 1 a matt surface of its colours, lit by the scene",
    ),
    ("Falloff", 0.1, 1.0, "Surfaces seen at a grazing angle fade out: the cosine from which on they are whole"),
    ("Through", 0.0, 1.0, "Clears away what the camera saw through, which is in the picture of what lies behind"),
    ("In Front", 0.0, 1.0, "What is nearer than what the camera saw takes the picture too, as if it had been there"),
    ("Tolerance", 0.02, 1.0, "How far from what the camera saw a surface may be, as a part of its distance"),
)
"""Names, defaults, the most, and what they are for."""


def projection(of: Projector) -> bpy.types.NodeTree:
    """A new group that projects."""
    tree = bpy.data.node_groups.new(NAME, "ShaderNodeTree")
    tree[ROLE] = PROJECTION
    tree.interface.new_socket("Shader", in_out="INPUT", socket_type="NodeSocketShader")
    tree.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    for name, default, most, about in _INPUTS:
        socket = tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
        socket.default_value, socket.min_value, socket.max_value, socket.description = default, 0.0, most, about
    nodes = Chain(tree)
    given = nodes.add("NodeGroupInput").outputs
    place = nodes.add("ShaderNodeTexCoord", object=of.camera).outputs["Object"]
    along = nodes.add("ShaderNodeSeparateXYZ", {0: place}).outputs["Z"]
    away = _math(nodes, "MULTIPLY", along, -1.0)
    where = _where(nodes, of, place, away)
    within = _math(nodes, "MULTIPLY", given["Blend"], _inside(nodes, where, away))
    share = _math(nodes, "MULTIPLY", within, _facing(nodes, of, given["Falloff"]))
    own = given["Shader"]
    if of.depth is not None:
        hidden, through = _unseen(nodes, of.depth, where, away, given["Tolerance"])
        left_out = _math(nodes, "MULTIPLY", through, _math(nodes, "SUBTRACT", 1.0, given["In Front"]))
        seen = _math(nodes, "SUBTRACT", 1.0, _math(nodes, "MAXIMUM", left_out, hidden))
        share = _math(nodes, "MULTIPLY", share, seen)
        cleared = _math(nodes, "MULTIPLY", _math(nodes, "MULTIPLY", within, given["Through"]), through)
        clear = nodes.add("ShaderNodeBsdfTransparent").outputs[0]
        own = nodes.add("ShaderNodeMixShader", {0: cleared, 1: own, 2: clear}).outputs[0]
    light, alpha = _picture(nodes, of.picture, where)
    glow = nodes.add("ShaderNodeEmission", {"Color": light}).outputs[0]
    matt = nodes.add("ShaderNodeBsdfDiffuse", {"Color": light}).outputs[0]
    picture = nodes.add("ShaderNodeMixShader", {0: given["Lit"], 1: glow, 2: matt}).outputs[0]
    covered = _math(nodes, "MULTIPLY", share, alpha)
    # A shader that is mixed with none is made less.
    left = nodes.add("ShaderNodeMixShader", {0: covered, 1: own}).outputs[0]
    put = nodes.add("ShaderNodeMixShader", {0: share, 2: picture}).outputs[0]
    both = nodes.add("ShaderNodeAddShader", {0: left, 1: put}).outputs[0]
    nodes.add("NodeGroupOutput", {0: both})
    return tree


def _where(
    nodes: Chain, of: Projector, place: bpy.types.NodeSocket, away: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """The place in the picture, 0 to 1 from its bottom left, of one in the projector's own space."""
    ray = place
    if not of.parallel:
        ray = nodes.add("ShaderNodeVectorMath", {0: place, 1: away}, operation="DIVIDE").outputs[0]
    (left, bottom), (right, top) = of.lower, of.upper
    scale = (1 / (right - left), 1 / (top - bottom), 0.0)
    offset = (-left * scale[0], -bottom * scale[1], 0.0)
    return nodes.add("ShaderNodeVectorMath", {0: ray, 1: scale, 2: offset}, operation="MULTIPLY_ADD").outputs[0]


def _inside(nodes: Chain, where: bpy.types.NodeSocket, away: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """1 within the frame and before the camera, else 0."""
    parts = nodes.add("ShaderNodeSeparateXYZ", {0: where}).outputs
    room = [_math(nodes, "MINIMUM", parts[axis], _math(nodes, "SUBTRACT", 1.0, parts[axis])) for axis in "XY"]
    within = _math(nodes, "GREATER_THAN", _math(nodes, "MINIMUM", *room), 0.0)
    return _math(nodes, "MULTIPLY", within, _math(nodes, "GREATER_THAN", away, 0.0))


def _facing(nodes: Chain, of: Projector, falloff: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """1 where the surface faces the projector, less at a grazing angle, and 0 on its other side."""
    surface = nodes.add("ShaderNodeNewGeometry").outputs
    if of.parallel:
        toward = nodes.add("ShaderNodeCombineXYZ", dict(enumerate(of.camera.matrix_world.col[2].xyz))).outputs[0]
    else:
        stood = nodes.add("ShaderNodeCombineXYZ", dict(enumerate(of.camera.matrix_world.translation))).outputs[0]
        way = {0: stood, 1: surface["Position"]}
        away = nodes.add("ShaderNodeVectorMath", way, operation="SUBTRACT").outputs[0]
        toward = nodes.add("ShaderNodeVectorMath", {0: away}, operation="NORMALIZE").outputs[0]
    both = {0: toward, 1: surface["Normal"]}
    cosine = nodes.add("ShaderNodeVectorMath", both, operation="DOT_PRODUCT").outputs["Value"]
    most = _math(nodes, "MAXIMUM", falloff, 1e-4)
    ease = {"Value": cosine, "From Max": most}
    return nodes.add("ShaderNodeMapRange", ease, interpolation_type="SMOOTHSTEP").outputs[0]


def _unseen(
    nodes: Chain,
    depth: bpy.types.Image,
    where: bpy.types.NodeSocket,
    away: bpy.types.NodeSocket,
    tolerance: bpy.types.NodeSocket,
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """1 where the surface is farther away than what the camera saw, else 0; and 1 where it is nearer: seen through.

    The four samples around a place say what was seen there: a slope lies between them, and so do both sides of an edge.
    """
    width, height = depth.size
    kind = {"interpolation": "Closest", "extension": "EXTEND", "image": depth}
    found = []
    for right, up in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        beside = {0: where, 1: (right / 2 / width, up / 2 / height, 0.0)}
        corner = nodes.add("ShaderNodeVectorMath", beside, operation="ADD").outputs[0]
        saw = nodes.add("ShaderNodeTexImage", {"Vector": corner}, **kind).outputs["Color"]
        found.append(nodes.add("ShaderNodeSeparateColor", {0: saw}).outputs[0])
    near, far = (
        _math(nodes, which, _math(nodes, which, *found[:2]), _math(nodes, which, *found[2:]))
        for which in ("MINIMUM", "MAXIMUM")
    )
    nearest = _math(nodes, "MULTIPLY", near, _math(nodes, "SUBTRACT", 1.0, tolerance))
    farthest = _math(nodes, "MULTIPLY", far, _math(nodes, "ADD", 1.0, tolerance))
    return _math(nodes, "GREATER_THAN", away, farthest), _math(nodes, "LESS_THAN", away, nearest)


def _picture(
    nodes: Chain, picture: bpy.types.Image, where: bpy.types.NodeSocket
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket | float]:
    """Its light, premultiplied, and its alpha."""
    kind = {"interpolation": "Linear", "extension": "EXTEND", "image": picture}
    shown = nodes.add("ShaderNodeTexImage", {"Vector": where}, **kind).outputs
    if picture.alpha_mode == "NONE":
        return shown["Color"], 1.0
    if picture.alpha_mode == "CHANNEL_PACKED":
        return shown["Color"], shown["Alpha"]
    # Of all others the node gives colours that are not premultiplied.
    scaled = {"Vector": shown["Color"], "Scale": shown["Alpha"]}
    return nodes.add("ShaderNodeVectorMath", scaled, operation="SCALE").outputs[0], shown["Alpha"]


def _math(nodes: Chain, operation: str, *values: bpy.types.NodeSocket | float) -> bpy.types.NodeSocket:
    return nodes.add("ShaderNodeMath", dict(enumerate(values)), operation=operation).outputs[0]
