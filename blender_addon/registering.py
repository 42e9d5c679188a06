"""Classes, and a property of Blender's scenes that is one of them."""

from __future__ import annotations

from collections.abc import Callable

import bpy


def with_property(name: str, kind: type, classes: tuple[type, ...]) -> tuple[Callable[[], None], Callable[[], None]]:
    """A module's `register` and `unregister`: of its classes, and of `Scene.name`, which holds one of the kind."""
    register_classes, unregister_classes = bpy.utils.register_classes_factory(classes)

    def register() -> None:
        register_classes()
        setattr(bpy.types.Scene, name, bpy.props.PointerProperty(type=kind))

    def unregister() -> None:
        delattr(bpy.types.Scene, name)
        unregister_classes()

    return register, unregister
