"""A scene's settings, set for one render and given back as they were, whatever becomes of the render.

What they were stands in the scene: a file that was saved meanwhile, or an undo, gives them back too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import handlers

KEPT = "replate_borrowed"
"""A scene's property while its settings are borrowed: JSON, [path, name, value] each, in the order of `borrow`."""

Setting = tuple[str, str, Any]
"""The path from a scene to what holds it, its name, and its value."""

under_way: list[Callable[[bpy.types.Scene], bool]] = []
"""Who may be borrowing: asked before a file or a step of undo gives back what a scene keeps."""


def borrow(scene: bpy.types.Scene, wanted: Sequence[Setting]) -> None:
    """Sets what the version of Blender has of these, in their order: what others depend on comes first."""
    give_back(scene)
    there = [each for each in wanted if hasattr(_holder(scene, each[0]), each[1])]
    scene[KEPT] = json.dumps([(path, name, getattr(_holder(scene, path), name)) for path, name, _ in there])
    _set(scene, there)


def give_back(scene: bpy.types.Scene) -> None:
    if KEPT in scene:
        _set(scene, json.loads(scene[KEPT]))
        del scene[KEPT]


def register() -> None:
    handlers.add(_HANDLERS)


def unregister() -> None:
    handlers.remove(_HANDLERS)


@persistent
def _left(*_: Any) -> None:
    for scene in bpy.data.scenes:
        if KEPT in scene and not any(borrows(scene) for borrows in under_way):
            give_back(scene)


_HANDLERS = dict.fromkeys(("load_post", "undo_post", "redo_post"), _left)


def _set(scene: bpy.types.Scene, settings: Sequence[Setting]) -> None:
    for path, name, value in settings:
        holder = _holder(scene, path)
        if holder is not None:
            setattr(holder, name, value)


def _holder(scene: bpy.types.Scene, path: str) -> Any:
    """None where an artist has taken it away meanwhile."""
    try:
        return scene.path_resolve(path) if path else scene
    except ValueError:
        return None
