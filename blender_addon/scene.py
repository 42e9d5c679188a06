"""A scene file (scene.json, see docs/scene.md) built in Blender: a camera, and a surface for each layer.

Everything stands in the camera's own space under one root, which turns USD's axes to Blender's. So a layer that
is scaled about its origin moves in depth and looks the same from the camera at rest. Pictures are projected in
the shader, along the layer's own rays, and therefore hold still on a displaced surface.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

VERSION = 1
_SPACES = {
    "lin_rec709": "Linear Rec.709",
    "lin_rec2020": "Linear Rec.2020",
    "lin_p3d65": "Linear DCI-P3 D65",
    "data": "Non-Color",
}
"""Blender's names of colour spaces that it calls differently."""


@dataclass(frozen=True)
class Built:
    """What is in Blender now."""

    root: bpy.types.Object
    """An empty that carries all the rest."""
    camera: bpy.types.Object
    layers: tuple[bpy.types.Object, ...]
    """Back to front."""


def build(path: str, collection: bpy.types.Collection | None = None) -> Built:
    """Builds the scene of a `scene.json` into a collection of its own, within the given or the current one.

    Raises ValueError, in one sentence, for a file that is no scene or comes from a later Replate.
    """
    file = Path(path)
    scene = _read(file)
    home = bpy.data.collections.new(scene["title"])
    (collection or bpy.context.collection).children.link(home)
    root = _link(home, bpy.data.objects.new(scene["title"], None))
    # USD's y is up, Blender's z.
    root.rotation_euler = (math.pi / 2, 0.0, 0.0)
    root.empty_display_size = min(layer["near"] for layer in scene["layers"]) / 10
    camera = _link(home, _camera(scene), root)
    layers = [_link(home, _layer(scene, layer, file.parent), root) for layer in scene["layers"]]
    return Built(root, camera, tuple(layers))


def match(path: str, built: Built, scene: bpy.types.Scene) -> None:
    """Sets a Blender scene up so that its render is the plate, as long as the camera rests.

    Format, frame range, rate and camera are the plate's; the background is clear, and colours go out as they are.
    """
    found = _read(Path(path))
    frames, format_, render = found["frames"], found["format"], scene.render
    scene.camera = built.camera
    scene.frame_start, scene.frame_end = frames["first"], frames["last"]
    scene.frame_set(frames["first"])
    # Blender's rate is a whole number and a base: 24000/1001 is 24 over 1.001.
    render.fps = max(1, round(frames["fps"]))
    render.fps_base = render.fps / frames["fps"]
    _, _, render.resolution_x, render.resolution_y = format_["display_window"]
    render.resolution_percentage = 100
    # Neither side of Blender's pixel may be under 1.
    render.pixel_aspect_x = max(1.0, format_["pixel_aspect"])
    render.pixel_aspect_y = max(1.0, 1 / format_["pixel_aspect"])
    render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    if hasattr(scene, "cycles"):
        # A ray passes every layer, folded ones more than once, and none of that is left to chance.
        scene.cycles.transparent_max_bounces = max(64, 8 * len(found["layers"]))
        scene.cycles.min_transparent_bounces = scene.cycles.transparent_max_bounces


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise ValueError(f"{file} is no scene file: write the scene again with Replate.") from None
    version = found.get("replate_scene") if isinstance(found, dict) else None
    if version != VERSION:
        raise ValueError(f"{file.name} is of version {version}, and this add-on reads {VERSION}: update the add-on.")
    return found


def _link(
    home: bpy.types.Collection, thing: bpy.types.Object, parent: bpy.types.Object | None = None
) -> bpy.types.Object:
    thing.parent = parent
    home.objects.link(thing)
    return thing


def _camera(scene: dict[str, Any]) -> bpy.types.Object:
    lens, layers = scene["camera"], scene["layers"]
    (width, height), (right, up) = lens["sensor"], lens["offset"]
    data = bpy.data.cameras.new("Camera")
    data.lens = lens["focal"]
    # Fitted by its width in portrait too, so that a shift is in widths both ways.
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width, data.sensor_height = width, height
    data.shift_x, data.shift_y = right / width, up / width
    data.clip_start = min(layer["near"] for layer in layers) / 10
    data.clip_end = max(layer["far"] for layer in layers) * 10
    return bpy.data.objects.new("Camera", data)


@dataclass(frozen=True)
class _Rays:
    """How the picture's pixels and the rays of the camera at rest go together.

    A ray is where it meets the plane at the distance 1: to the right, and up.
    """

    across: float
    """From a pixel's ray to its right neighbour's."""
    up: float
    """From a pixel's ray to that of the one above."""
    x: float
    """Where the optical axis meets the picture, in pixels."""
    y: float
    data: tuple[int, int, int, int]
    """The data window: left, top, width, height."""

    def rectangle(self, area: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """An area of the picture (left, top, width, height) as rays: left, bottom, right, top."""
        x, y, width, height = area
        return (
            (x - self.x) * self.across,
            (self.y - y - height) * self.up,
            (x + width - self.x) * self.across,
            (self.y - y) * self.up,
        )

    @property
    def picture_scale(self) -> tuple[float, float, float]:
        """From a ray to its place in the picture, 0 to 1: times this, plus `picture_offset`."""
        _, _, width, height = self.data
        return 1 / self.across / width, 1 / self.up / height, 0.0

    @property
    def picture_offset(self) -> tuple[float, float, float]:
        left, top, width, height = self.data
        return (self.x - left) / width, (top + height - self.y) / height, 0.0


def _rays(scene: dict[str, Any]) -> _Rays:
    lens, format_ = scene["camera"], scene["format"]
    (width, height), (right, up) = lens["sensor"], lens["offset"]
    left, top, across, down = format_["display_window"]
    return _Rays(
        across=width / across / lens["focal"],
        up=height / down / lens["focal"],
        x=left + across * (0.5 - right / width),
        y=top + down * (0.5 + up / height),
        data=format_["data_window"],
    )


def _layer(scene: dict[str, Any], layer: dict[str, Any], folder: Path) -> bpy.types.Object:
    rays, frames = _rays(scene), scene["frames"]
    left, bottom, right, top = rays.rectangle(layer["area"])
    mesh = bpy.data.meshes.new(layer["name"])
    thing = bpy.data.objects.new(layer["name"], mesh)
    material = _material(scene, layer, folder, rays)
    mesh.materials.append(material)
    if layer["kind"] == "card":
        far = layer["distance"]
        corners = ((left, bottom), (right, bottom), (right, top), (left, top))
        mesh.from_pydata([(x * far, y * far, -far) for x, y in corners], [], [(0, 1, 2, 3)])
        return thing
    modifier = thing.modifiers.new("Depth", "NODES")
    modifier.node_group = _displaced_grid()
    values = {
        "Depth": _image(folder / layer["depth"], frames["first"], "data"),
        "Columns": layer["cells"][0],
        "Rows": layer["cells"][1],
        "First": frames["first"],
        "Last": frames["last"],
        "Width": right - left,
        "Height": top - bottom,
        "Middle": ((left + right) / 2, (bottom + top) / 2, -1.0),
        "Picture Scale": rays.picture_scale,
        "Picture Offset": rays.picture_offset,
        "Material": material,
    }
    sockets = {item.name: item.identifier for item in modifier.node_group.interface.items_tree}
    for name, value in values.items():
        modifier[sockets[name]] = value
    return thing


def _image(path: Path, first: int, space: str) -> bpy.types.Image:
    sequence = "####" in path.name
    image = bpy.data.images.load(str(path).replace("####", f"{first:04d}"), check_existing=True)
    image.source = "SEQUENCE" if sequence else "FILE"
    name = _SPACES.get(space, space)
    # A space that Blender does not have is taken for its own working space, as it takes any EXR.
    known = {item.identifier for item in image.colorspace_settings.bl_rna.properties["name"].enum_items}
    if name in known:
        image.colorspace_settings.name = name
    # Colour and alpha as they are in the file: premultiplied, with light that covers nothing kept.
    image.alpha_mode = "CHANNEL_PACKED"
    return image


def _material(scene: dict[str, Any], layer: dict[str, Any], folder: Path, rays: _Rays) -> bpy.types.Material:
    """Light of the picture's colour, through which what is behind shows by 1 - alpha: premultiplied over."""
    frames = scene["frames"]
    material = bpy.data.materials.new(layer["name"])
    material.use_nodes = True
    material.surface_render_method = "BLENDED"
    if hasattr(material, "cycles"):
        material.cycles.emission_sampling = "NONE"
    tree = material.node_tree
    tree.nodes.clear()
    place = _Chain(tree)
    own = place.add("ShaderNodeTexCoord").outputs["Object"]
    parts = place.add("ShaderNodeSeparateXYZ", {0: own})
    away = place.add("ShaderNodeMath", {0: parts.outputs["Z"], 1: -1.0}, operation="MULTIPLY").outputs[0]
    ray = place.add("ShaderNodeVectorMath", {0: own, 1: away}, operation="DIVIDE").outputs[0]
    where = place.add(
        "ShaderNodeVectorMath",
        {0: ray, 1: rays.picture_scale, 2: rays.picture_offset},
        operation="MULTIPLY_ADD",
    ).outputs[0]
    picture = place.add("ShaderNodeTexImage", {"Vector": where}, interpolation="Linear", extension="EXTEND")
    picture.image = _image(folder / layer["picture"], frames["first"], scene["format"]["colour_space"])
    if picture.image.source == "SEQUENCE":
        picture.image_user.frame_start = frames["first"]
        picture.image_user.frame_duration = frames["last"] - frames["first"] + 1
        picture.image_user.frame_offset = frames["first"] - 1
        picture.image_user.use_auto_refresh = True
    light = place.add("ShaderNodeEmission", {"Color": picture.outputs["Color"]})
    clear = place.add("ShaderNodeMath", {0: 1.0, 1: picture.outputs["Alpha"]}, operation="SUBTRACT").outputs[0]
    through = place.add("ShaderNodeBsdfTransparent", {"Color": clear})
    both = place.add("ShaderNodeAddShader", {0: light.outputs[0], 1: through.outputs[0]})
    place.add("ShaderNodeOutputMaterial", {"Surface": both.outputs[0]})
    return material


def _displaced_grid() -> bpy.types.NodeTree:
    """Geometry nodes: a grid over the picture, each vertex on its ray at the distance that the depth map says."""
    name = "Replate Grid"
    if name in bpy.data.node_groups:
        return bpy.data.node_groups[name]
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    tree.is_modifier = True
    interface = tree.interface
    interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    for kind, names in {
        "NodeSocketImage": ("Depth",),
        "NodeSocketInt": ("Columns", "Rows", "First", "Last"),
        "NodeSocketFloat": ("Width", "Height"),
        "NodeSocketVector": ("Middle", "Picture Scale", "Picture Offset"),
        "NodeSocketMaterial": ("Material",),
    }.items():
        for each in names:
            interface.new_socket(each, in_out="INPUT", socket_type=kind)
    place = _Chain(tree)
    given = place.add("NodeGroupInput").outputs
    columns, rows = (
        place.add("ShaderNodeMath", {0: given[side], 1: 1.0}, operation="ADD").outputs[0]
        for side in ("Columns", "Rows")
    )
    grid = place.add(
        "GeometryNodeMeshGrid",
        {"Size X": given["Width"], "Size Y": given["Height"], "Vertices X": columns, "Vertices Y": rows},
    )
    flat = place.add("GeometryNodeInputPosition").outputs[0]
    ray = place.add("ShaderNodeVectorMath", {0: flat, 1: given["Middle"]}, operation="ADD").outputs[0]
    where = place.add(
        "ShaderNodeVectorMath",
        {0: ray, 1: given["Picture Scale"], 2: given["Picture Offset"]},
        operation="MULTIPLY_ADD",
    ).outputs[0]
    # Beyond the shot its first and last frame hold, as the pictures do.
    now = place.add("GeometryNodeInputSceneTime").outputs["Frame"]
    begun = place.add("ShaderNodeMath", {0: now, 1: given["First"]}, operation="MAXIMUM").outputs[0]
    frame = place.add("ShaderNodeMath", {0: begun, 1: given["Last"]}, operation="MINIMUM").outputs[0]
    depth = place.add(
        "GeometryNodeImageTexture",
        {"Image": given["Depth"], "Vector": where, "Frame": frame},
        interpolation="Linear",
        extension="EXTEND",
    ).outputs["Color"]
    point = place.add("ShaderNodeVectorMath", {0: ray, 1: depth}, operation="MULTIPLY").outputs[0]
    moved = place.add("GeometryNodeSetPosition", {"Geometry": grid.outputs["Mesh"], "Position": point})
    # Layers that are cut along the same diagonals never cross between their vertices.
    cut = place.add("GeometryNodeTriangulate", {"Mesh": moved.outputs[0]})
    # A property until Blender 4.5, a socket from 5.0.
    if hasattr(cut, "quad_method"):
        cut.quad_method = "FIXED"
    else:
        cut.inputs["Quad Method"].default_value = "Fixed"
    painted = place.add("GeometryNodeSetMaterial", {"Geometry": cut.outputs[0], "Material": given["Material"]})
    place.add("NodeGroupOutput", {"Geometry": painted.outputs[0]})
    return tree


class _Chain:
    """Puts nodes into a tree from left to right."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self._tree = tree

    def add(self, kind: str, inputs: dict[int | str, Any] | None = None, **properties: Any) -> bpy.types.Node:
        """A node with its properties, and its inputs linked to sockets or set to values."""
        node = self._tree.nodes.new(kind)
        node.location = (200.0 * (len(self._tree.nodes) - 1), 0.0)
        for name, value in properties.items():
            setattr(node, name, value)
        for socket, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self._tree.links.new(value, node.inputs[socket])
            else:
                node.inputs[socket].default_value = value
        return node
