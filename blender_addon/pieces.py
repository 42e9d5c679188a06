"""The parts of a rig, known by what they are for: an artist may rename them and move them to other collections."""

from __future__ import annotations

import bpy

ROLE = "replate"
"""The custom property that says what a thing is for. What lacks it is the artist's own."""

RIG = "rig"


def found(root: bpy.types.Object, role: str) -> bpy.types.Object | None:
    """The part of a rig with a role."""
    return next((thing for thing in root.children_recursive if thing.get(ROLE) == role), None)


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
    made = bpy.data.objects.new(name, data)
    made[ROLE] = role
    made.parent = parent
    home.objects.link(made)
    return made
