"""What Blender calls when something has happened: by the name of its list in `bpy.app.handlers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import bpy

Heard = Mapping[str, Callable[..., None]]


def add(heard: Heard) -> None:
    for when, act in heard.items():
        getattr(bpy.app.handlers, when).append(act)


def remove(heard: Heard) -> None:
    for when, act in heard.items():
        getattr(bpy.app.handlers, when).remove(act)
