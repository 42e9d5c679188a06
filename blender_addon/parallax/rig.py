"""A scene file as a rig: layers on handles, a camera that moves beside the one that took the plate, and what drives
them.

At rest it is the plate whatever a handle says: layers are scaled about the camera that took it. The rig's properties
are those of its root, an empty:

- `parallax`: 0 is the plate exactly, 1 the camera's move as keyed; between, the camera is between the two.
- `focus`: the distance in the plate of what depth of field keeps sharp.
- `pivot`: the distance of what the camera's move and the depth are about.
- `depth`: how deep the scene is. A layer's distance over the pivot's is taken to this power: 0 is flat, 1 as found.
- `lit`: 0 is the plate's own light, 1 matt surfaces of its colours, which the scene's lamps light.

A handle has `depth_scale` and `depth_offset`, which push its layer to `distance * depth_scale + depth_offset`, and
`edge`, which takes the layer's soft edge in, or lets it out where negative.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from ..replate_host.scene import Layer, Scene, read_scene
from . import materials, moves, views
from . import scene as scene_file
from .camera import set_film
from .curves import drive, driven
from .pieces import (
    CAMERA,
    DEPTH,
    DEPTH_OFFSET,
    DEPTH_SCALE,
    DISTANCE,
    EDGE,
    FARTHEST,
    FILE,
    FOCUS,
    HANDLE,
    LIT,
    MOVE_FRAMES,
    NEAREST,
    PARALLAX,
    PIVOT,
    ROLE,
    ZOOM,
    Rig,
    drop,
    found,
    made,
)

_STILL = 48
"""Frames of a still's move."""

_POWER = "pow({0} / pivot, depth - 1)"
"""What `depth` makes of a distance, as a factor."""


def build(
    path: str | Path, collection: bpy.types.Collection | None = None, stage: bpy.types.Scene | None = None
) -> Rig:
    """Builds the scene of a `scene.json`, or brings the one up to date that stands there, and rigs it.

    A new rig has an orbit keyed, and sets `stage` up for it as `match` does. One that stands keeps its properties,
    keyframes, names and drivers, and materials of the artist's own. Raises ValueError as `scene.build`.
    """
    scene = read_scene(path)
    built = scene_file.build(path, collection)
    root = built.root
    _set_root(root, scene)
    focus = found(root, FOCUS) or _focus(root)
    pivot = found(root, PIVOT) or _pivot(root)
    standing = found(root, CAMERA)
    camera = standing or _camera(root, pivot, built.camera, focus)
    set_film(camera.data, scene)
    handles = tuple(_handle(root, layer, thing) for layer, thing in zip(scene.layers, built.layers, strict=True))
    for handle, thing in zip(handles, built.layers, strict=True):
        _drive_material(root, handle, thing)
    drop(root, HANDLE, handles)
    rig = Rig(root, built.camera, camera, pivot, focus, handles, built.layers)
    if standing is None:
        last = scene.first + _STILL - 1 if scene.still else scene.last
        moves.apply(rig, moves.Move(), scene.first, last, scene.fps)
        if stage is not None:
            match(rig, stage)
            views.look_through_camera(stage)
    return rig


def match(rig: Rig, stage: bpy.types.Scene) -> None:
    """Sets a Blender scene up as `scene.match`, through the moving camera and for as long as its move."""
    scene_file.match(rig.root[FILE], rig.camera, stage)
    stage.frame_end = max(stage.frame_end, rig.root[MOVE_FRAMES][1])


def _set_root(root: bpy.types.Object, scene: Scene) -> None:
    nearest = scene.layers[-1].distance
    _offer(root, PARALLAX, 1.0, 1.0, "0 is the plate exactly, 1 the camera's move as keyed")
    _offer(root, FOCUS, nearest, 1e6, "The distance in the plate of what depth of field keeps sharp", 1e-3)
    _offer(root, PIVOT, nearest, 1e6, "The distance of what the camera's move and the depth are about", 1e-3)
    _offer(root, DEPTH, 1.0, 2.0, "How deep the scene is: 0 is flat, 1 as found, 2 the square of it")
    _offer(root, LIT, 0.0, 1.0, "0 is the plate's own light, 1 surfaces that the scene's lamps light")
    root[NEAREST] = min(layer.near for layer in scene.layers)
    root[FARTHEST] = max(layer.far for layer in scene.layers)


def _focus(root: bpy.types.Object) -> bpy.types.Object:
    """Stands where what is in focus in the plate went, and so holds for a camera anywhere."""
    focus = made(root, FOCUS, "Focus")
    focus.empty_display_type, focus.empty_display_size = "SPHERE", root.empty_display_size
    expression = f"-focus * {_POWER.format('focus')}"
    drive(focus, "location", expression, {name: _of(root, name) for name in (FOCUS, PIVOT, DEPTH)}, 2)
    return focus


def _pivot(root: bpy.types.Object) -> bpy.types.Object:
    pivot = made(root, PIVOT, "Pivot")
    pivot.empty_display_type, pivot.empty_display_size = "ARROWS", root.empty_display_size
    drive(pivot, "location", "-pivot", {PIVOT: _of(root, PIVOT)}, 2)
    return pivot


def _camera(
    root: bpy.types.Object, pivot: bpy.types.Object, rest: bpy.types.Object, focus: bpy.types.Object
) -> bpy.types.Object:
    """The moving camera. Its own place is 0 at rest: the way back from the pivot is in its delta."""
    camera = made(root, CAMERA, "Camera", bpy.data.cameras.new("Camera"), pivot)
    # Rolled, then tilted, then panned.
    camera.rotation_mode = "ZXY"
    drive(camera, "delta_location", "pivot", {PIVOT: _of(root, PIVOT)}, 2)
    _offer(camera, ZOOM, 1.0, 10.0, "What the focal length is multiplied by", 0.01)
    lens = {"rest": (rest.data, "lens"), ZOOM: _of(camera, ZOOM), PARALLAX: _of(root, PARALLAX)}
    drive(camera.data, "lens", "rest * (1 + (zoom - 1) * parallax)", lens)
    back = camera.constraints.new("COPY_TRANSFORMS")
    back.name = "Parallax"
    back.target = rest
    drive(back, "influence", "1 - parallax", {PARALLAX: _of(root, PARALLAX)})
    for each in (rest, camera):
        each.data.dof.focus_object = focus
        far = {name: _of(root, name) for name in (FARTHEST, PIVOT, DEPTH)}
        drive(each.data, "clip_end", f"10 * farthest * max(1, {_POWER.format('farthest')})", far)
    return camera


def _handle(root: bpy.types.Object, layer: Layer, thing: bpy.types.Object) -> bpy.types.Object:
    """The empty that a layer hangs on, scaled by how much farther than it was found its layer is to be."""
    handle = found(root, HANDLE + layer.name)
    if handle is not None:
        handle[DISTANCE] = layer.distance
        # A layer that was made anew comes to its handle; one that the artist hung elsewhere stays there.
        thing.parent = handle if thing.parent is root else thing.parent
        return handle
    handle = made(root, HANDLE + layer.name, f"{layer.name} handle")
    handle.empty_display_size = root.empty_display_size
    handle[DISTANCE] = layer.distance
    _offer(handle, DEPTH_SCALE, 1.0, 100.0, "How many times as far away the layer is", 0.01)
    _offer(handle, DEPTH_OFFSET, 0.0, 1e6, "How much farther away the layer is; nearer where negative", -1e6)
    variables = {name: _of(root, name) for name in (PIVOT, DEPTH)}
    variables |= {name: _of(handle, name) for name in (DISTANCE, DEPTH_SCALE, DEPTH_OFFSET)}
    factor = f"max(0.0001, (depth_scale + depth_offset / distance) * {_POWER.format('distance')})"
    for axis in range(3):
        drive(handle, "scale", factor, variables, axis)
    _offer(handle, EDGE, 0.0, 1.0, "Takes the layer's soft edge in; lets it out where negative", -1.0)
    thing.parent = handle
    return handle


def _drive_material(root: bpy.types.Object, handle: bpy.types.Object, thing: bpy.types.Object) -> None:
    """Has a material of ours follow the rig, unless it does."""
    shown = thing.material_slots[0].material if thing.material_slots else None
    if shown is None or ROLE not in shown:
        return
    for node, owner, name in ((materials.LIT, root, LIT), (materials.EDGE, handle, EDGE)):
        path = f'nodes["{node}"].outputs[0].default_value'
        if node in shown.node_tree.nodes and not driven(shown.node_tree, path):
            drive(shown.node_tree, path, name, {name: _of(owner, name)})


def _of(thing: bpy.types.Object, name: str) -> tuple[bpy.types.Object, str]:
    return thing, f'["{name}"]'


def _offer(thing: bpy.types.Object, name: str, value: float, most: float, said: str, least: float = 0.0) -> None:
    """Gives an object a property to set, unless it has it."""
    if name in thing:
        return
    thing[name] = value
    thing.id_properties_ui(name).update(default=value, min=least, max=most, description=said)
