"""The parts of a rig, known by what they are for: an artist may rename them and move them to other collections."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from mathutils import Matrix, Vector

ROLE = "replate"
"""The custom property that says what a thing is for. What lacks it is the artist's own."""

RIG, REST, CAMERA = "rig", "rest", "camera"
"""Roles: the root, the camera that took the plate, the one that moves. The pivot's and the focus's are the names of
the properties that place them."""
LAYER, HANDLE = "layer:", "handle:"
"""Roles, before a layer's name."""

PARALLAX, FOCUS, PIVOT, DEPTH, LIT = "parallax", "focus", "pivot", "depth", "lit"
"""Properties of the root that are the artist's."""
FILE, NEAREST, FARTHEST, MOVE_FRAMES = "replate_scene", "nearest", "farthest", "move_frames"
"""Properties of the root that the builder keeps."""
DISTANCE, DEPTH_SCALE, DEPTH_OFFSET, EDGE = "distance", "depth_scale", "depth_offset", "edge"
"""Properties of a handle; the first is the builder's."""
_SOLID = ("MESH", "CURVE", "SURFACE", "META", "FONT", "VOLUME")
ORIGIN = "replate_origin"
"""Property of a layer: where the builder put its origin, from the camera at rest."""
ZOOM = "zoom"
"""Property of the moving camera: what its move multiplies the focal length by."""


@dataclass(frozen=True)
class Rig:
    """What is in Blender now."""

    root: bpy.types.Object
    """The empty with the rig's properties."""
    rest: bpy.types.Object
    """The camera that took the plate."""
    camera: bpy.types.Object
    """The one that moves."""
    pivot: bpy.types.Object
    """What the moving camera turns about."""
    focus: bpy.types.Object
    """What both cameras focus on, once their depth of field is on."""
    handles: tuple[bpy.types.Object, ...]
    """An empty a layer, at the camera at rest."""
    layers: tuple[bpy.types.Object, ...]
    """Back to front, as the handles."""


def of(thing: bpy.types.Object | None) -> Rig | None:
    """The rig that an object is a part of, or hangs on; None where there is none, or it lacks a part."""
    while thing is not None and thing.get(ROLE) != RIG:
        thing = thing.parent
    if thing is None:
        return None
    # Once: Blender goes through all objects of the file for the children of one.
    parts = {part[ROLE]: part for part in reversed(thing.children_recursive) if ROLE in part}
    handles = sorted((parts[role] for role in parts if role.startswith(HANDLE)), key=lambda handle: -handle[DISTANCE])
    # A layer that the artist has taken away leaves its handle.
    layers = [(handle, parts.get(handle[ROLE].replace(HANDLE, LAYER, 1))) for handle in handles]
    there = [(handle, layer) for handle, layer in layers if layer is not None]
    single = [parts.get(role) for role in (REST, CAMERA, PIVOT, FOCUS)]
    if None in single:
        return None
    return Rig(thing, *single, tuple(handle for handle, _ in there), tuple(layer for _, layer in there))


def rigs(stage: bpy.types.Scene) -> list[Rig]:
    """All that stand in a scene whole."""
    return [rig for thing in stage.objects if thing.get(ROLE) == RIG and (rig := of(thing)) is not None]


def rig_where(stage: bpy.types.Scene, name: str, value: str) -> bpy.types.Object | None:
    """The root of the rig in a scene whose property has a value."""
    return next((thing for thing in stage.objects if thing.get(ROLE) == RIG and thing.get(name) == value), None)


def current(context: bpy.types.Context) -> Rig | None:
    """The rig that the active object is of, or else the scene's camera, or else any in the scene."""
    stage = context.scene
    return of(context.object) or of(stage.camera) or next(iter(rigs(stage)), None)


def beside(rig: Rig, stage: bpy.types.Scene) -> list[bpy.types.Object]:
    """What renders, is no part of a rig, and is not behind its camera at rest."""
    inverse = rig.rest.matrix_world.inverted()
    others = [thing for thing in stage.objects if thing.type in _SOLID and not thing.hide_render and of(thing) is None]
    return [
        thing
        for thing in others
        if any((inverse @ thing.matrix_world @ Vector(corner)).z < 0 for corner in thing.bound_box)
    ]


def found(root: bpy.types.Object, role: str) -> bpy.types.Object | None:
    """The part of a rig with a role."""
    return next((thing for thing in root.children_recursive if thing.get(ROLE) == role), None)


def settle(layer: bpy.types.Object, origin: Vector) -> None:
    """Puts a layer's origin where its surface is; by how much the artist moved it, it stays moved.

    Were it at the camera, EEVEE, which draws by the distance of origins, would draw layers in no order.
    """
    layer.location += origin - Vector(layer.get(ORIGIN, (0.0, 0.0, 0.0)))
    layer[ORIGIN] = origin


def moved(root: bpy.types.Object, layer: bpy.types.Object) -> Matrix:
    """What takes a layer's points, from the camera at rest as built, to where they are now under the root."""
    away = Matrix.Translation(Vector(layer.get(ORIGIN, (0.0, 0.0, 0.0))))
    return root.matrix_world.inverted() @ layer.matrix_world @ away.inverted()


def drop(root: bpy.types.Object, role: str, kept: tuple[bpy.types.Object, ...]) -> None:
    """Takes away the parts with a role that are not kept, unless something of the artist's hangs on one."""
    for thing in _each(root, role):
        if thing not in kept and not thing.children:
            bpy.data.objects.remove(thing)


def made(
    root: bpy.types.Object,
    role: str,
    name: str,
    data: bpy.types.ID | None = None,
    parent: bpy.types.Object | None = None,
) -> bpy.types.Object:
    """A new part of a rig, an empty where it has no data, under the root or another parent."""
    return linked(root.users_collection[0], role, name, data, parent or root)


def linked(
    home: bpy.types.Collection,
    role: str,
    name: str,
    data: bpy.types.ID | None = None,
    parent: bpy.types.Object | None = None,
) -> bpy.types.Object:
    """A new object with a role, an empty where it has no data."""
    new = bpy.data.objects.new(name, data)
    new[ROLE] = role
    new.parent = parent
    home.objects.link(new)
    return new


def _each(root: bpy.types.Object, role: str) -> list[bpy.types.Object]:
    return [thing for thing in root.children_recursive if str(thing.get(ROLE, "")).startswith(role)]
