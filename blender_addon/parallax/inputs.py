"""What a geometry-nodes modifier is given, by the names of its group's sockets, in any version of Blender."""

from __future__ import annotations

from typing import Any

import bpy


def given(modifier: bpy.types.Modifier, name: str) -> Any:
    socket = _socket(modifier, name)
    # Custom properties of the modifier up to 4.5 at least; in 5.2 they are properties like all others.
    return getattr(modifier.properties.inputs, socket).value if hasattr(modifier, "properties") else modifier[socket]


def give(modifier: bpy.types.Modifier, values: dict[str, Any]) -> None:
    for name, value in values.items():
        socket = _socket(modifier, name)
        if hasattr(modifier, "properties"):
            getattr(modifier.properties.inputs, socket).value = value
        else:
            modifier[socket] = value
    # A custom property alone is not noticed.
    modifier.id_data.update_tag()


def draw(layout: bpy.types.UILayout, modifier: bpy.types.Modifier, name: str) -> None:
    """Nothing for a group that has no such socket, as one of an older file."""
    if not any(item.name == name for item in modifier.node_group.interface.items_tree):
        return
    socket = _socket(modifier, name)
    if hasattr(modifier, "properties"):
        layout.prop(getattr(modifier.properties.inputs, socket), "value", text=name)
    else:
        layout.prop(modifier, f'["{socket}"]', text=name)


def _socket(modifier: bpy.types.Modifier, name: str) -> str:
    items = modifier.node_group.interface.items_tree
    return next(item.identifier for item in items if item.name == name and item.in_out == "INPUT")
