"""A layer's surface: a flat card, or a grid that is displaced by the layer's depth, as geometry nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

from ..replate_host.scene import Layer, Scene
from ..work.images import image
from .camera import middle, projection
from .chain import Chain
from .inputs import give, given
from .pieces import ROLE, settle

_GRID = "grid"
_CELLS, _CORNERS = "replate_cells", "replate_corners"
"""Custom properties that say what the builder made last, so that what an artist changed is seen."""


def set_card(thing: bpy.types.Object, scene: Scene, layer: Layer) -> None:
    """Makes the mesh of an object one flat cell; a card that the artist cut up stays as long as its place does."""
    for modifier in grids(thing):
        thing.modifiers.remove(modifier)
    left, bottom, right, top = scene.rectangle(layer)
    place, far = (left, bottom, right, top, layer.distance), layer.distance
    origin = middle(scene, layer)
    settle(thing, origin)
    if tuple(thing.data.get(_CORNERS, ())) == place:
        return
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    thing.data.clear_geometry()
    points = [Vector((x * far, y * far, -far)) - origin for x, y in corners]
    thing.data.from_pydata(points, [], [(0, 1, 2, 3)])
    thing.data[_CORNERS] = place


def set_grid(thing: bpy.types.Object, scene: Scene, layer: Layer, folder: Path) -> None:
    """Gives an object the surface of the layer's depth, with the object's materials. Cells that the artist set stay."""
    if _CORNERS in thing.data:
        thing.data.clear_geometry()
        del thing.data[_CORNERS]
    modifier = next(iter(grids(thing)), None) or thing.modifiers.new("Depth", "NODES")
    modifier.node_group = modifier.node_group or _displaced_grid()
    left, bottom, right, top = scene.rectangle(layer)
    scale, offset = projection(scene)
    origin = middle(scene, layer)
    settle(thing, origin)
    values: dict[str, Any] = {
        "Depth": image(folder / layer.depth, scene.first, "data"),
        "First": scene.first,
        "Last": scene.last,
        "Width": right - left,
        "Height": top - bottom,
        "Middle": ((left + right) / 2, (bottom + top) / 2, -1.0),
        "Origin": origin,
        "Picture Scale": scale,
        "Picture Offset": offset,
    }
    now = [given(modifier, side) for side in ("Columns", "Rows")]
    if now == list(thing.get(_CELLS, now)):
        values["Columns"], values["Rows"] = thing[_CELLS] = layer.cells
    give(modifier, values)


def grids(thing: bpy.types.Object) -> list[bpy.types.Modifier]:
    """The modifiers of an object that make a grid."""
    return [
        each
        for each in thing.modifiers
        if each.type == "NODES" and each.node_group and each.node_group.get(ROLE) == _GRID
    ]


def _displaced_grid() -> bpy.types.NodeTree:
    """Geometry nodes: a grid over the picture, each vertex on its ray at the distance that the depth map says."""
    for made in bpy.data.node_groups:
        if made.get(ROLE) == _GRID:
            return made
    tree = bpy.data.node_groups.new("Replate Grid", "GeometryNodeTree")
    tree[ROLE] = _GRID
    tree.is_modifier = True
    interface = tree.interface
    interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    for kind, names in {
        "NodeSocketImage": ("Depth",),
        "NodeSocketInt": ("Columns", "Rows", "First", "Last"),
        "NodeSocketFloat": ("Width", "Height", "Tear"),
        "NodeSocketVector": ("Middle", "Origin", "Picture Scale", "Picture Offset"),
    }.items():
        for each in names:
            interface.new_socket(each, in_out="INPUT", socket_type=kind)
    place = Chain(tree)
    said = place.add("NodeGroupInput").outputs
    columns, rows = (
        place.add("ShaderNodeMath", {0: said[side], 1: 1.0}, operation="ADD").outputs[0] for side in ("Columns", "Rows")
    )
    grid = place.add(
        "GeometryNodeMeshGrid",
        {"Size X": said["Width"], "Size Y": said["Height"], "Vertices X": columns, "Vertices Y": rows},
    )
    flat = place.add("GeometryNodeInputPosition").outputs[0]
    ray = place.add("ShaderNodeVectorMath", {0: flat, 1: said["Middle"]}, operation="ADD").outputs[0]
    where = place.add(
        "ShaderNodeVectorMath",
        {0: ray, 1: said["Picture Scale"], 2: said["Picture Offset"]},
        operation="MULTIPLY_ADD",
    ).outputs[0]
    # Beyond the shot its first and last frame hold, as the pictures do.
    now = place.add("GeometryNodeInputSceneTime").outputs["Frame"]
    begun = place.add("ShaderNodeMath", {0: now, 1: said["First"]}, operation="MAXIMUM").outputs[0]
    frame = place.add("ShaderNodeMath", {0: begun, 1: said["Last"]}, operation="MINIMUM").outputs[0]
    depth = place.add(
        "GeometryNodeImageTexture",
        {"Image": said["Depth"], "Vector": where, "Frame": frame},
        interpolation="Linear",
        extension="EXTEND",
    ).outputs["Color"]
    point = place.add("ShaderNodeVectorMath", {0: ray, 1: depth}, operation="MULTIPLY").outputs[0]
    moved = place.add("GeometryNodeSetPosition", {"Geometry": grid.outputs["Mesh"], "Position": point})
    torn = _torn(place, moved.outputs[0], said["Tear"])
    home = place.add("ShaderNodeVectorMath", {0: said["Origin"]}, operation="SCALE")
    home.inputs["Scale"].default_value = -1.0
    settled = place.add("GeometryNodeSetPosition", {"Geometry": torn, "Offset": home.outputs[0]})
    # Layers that are cut along the same diagonals never cross between their vertices.
    cut = place.add("GeometryNodeTriangulate", {"Mesh": settled.outputs[0]})
    # A property until Blender 4.5, a socket from 5.0.
    if hasattr(cut, "quad_method"):
        cut.quad_method = "FIXED"
    else:
        cut.inputs["Quad Method"].default_value = "Fixed"
    place.add("NodeGroupOutput", {"Geometry": cut.outputs[0]})
    return tree


def _torn(place: Chain, mesh: bpy.types.NodeSocket, tear: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The grid without cells across which the distance grows by more than `tear` times itself; all of it at 0.

    Where it is torn, what is behind shows; where it is not, the farther side's colours are drawn out.
    """
    ends = place.add("GeometryNodeInputMeshEdgeVertices")
    far = [place.add("ShaderNodeSeparateXYZ", {0: ends.outputs[f"Position {end}"]}).outputs["Z"] for end in (1, 2)]
    ratios = [place.add("ShaderNodeMath", {0: a, 1: b}, operation="DIVIDE").outputs[0] for a, b in (far, far[::-1])]
    ratio = place.add("ShaderNodeMath", {0: ratios[0], 1: ratios[1]}, operation="MAXIMUM").outputs[0]
    growth = place.add("ShaderNodeMath", {0: ratio, 1: 1.0}, operation="SUBTRACT").outputs[0]
    steep = place.add("ShaderNodeMath", {0: growth, 1: tear}, operation="GREATER_THAN").outputs[0]
    wanted = place.add("ShaderNodeMath", {0: tear, 1: 0.0}, operation="GREATER_THAN").outputs[0]
    gone = place.add("ShaderNodeMath", {0: steep, 1: wanted}, operation="MULTIPLY").outputs[0]
    return place.add("GeometryNodeDeleteGeometry", {"Geometry": mesh, "Selection": gone}, domain="EDGE").outputs[0]
