"""Puts nodes into a tree, from left to right."""

from __future__ import annotations

from typing import Any

import bpy


class Chain:
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
