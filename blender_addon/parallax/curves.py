"""Keyframes and drivers, in the versions of Blender that keep them differently."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

Variables = Mapping[str, tuple[bpy.types.ID, str]]
"""By name, the property that a driver's expression looks at: whose, and the path to it."""


def drive(owner: bpy.types.bpy_struct, path: str, expression: str, variables: Variables, index: int = -1) -> None:
    """Has a property follow an expression.

    Expressions are of the few words that Blender evaluates without Python, so that they work in a file that may not
    run scripts.
    """
    driver = owner.driver_add(path, index).driver
    driver.type = "SCRIPTED"
    for name, (of, where) in variables.items():
        variable = driver.variables.new()
        variable.name = name
        target = variable.targets[0]
        if isinstance(of, bpy.types.Camera):
            target.id_type = "CAMERA"
        target.id, target.data_path = of, where
    driver.expression = expression


def driven(owner: bpy.types.bpy_struct, path: str) -> bool:
    """Whether a property follows an expression."""
    held = owner.animation_data
    return held is not None and held.drivers.find(path) is not None


def curves(thing: bpy.types.Object) -> bpy.types.bpy_prop_collection | None:
    """The curves that an object's keyframes make; None where it has none."""
    held = thing.animation_data
    if held is None or held.action is None:
        return None
    # From Blender 4.4 an action has layers, and a slot for each thing that it moves.
    if not hasattr(held.action, "layers"):
        return held.action.fcurves
    for layer in held.action.layers:
        for strip in layer.strips:
            if found := strip.channelbag(held.action_slot):
                return found.fcurves
    return None


def curve(thing: bpy.types.Object, path: str, index: int) -> bpy.types.FCurve | None:
    found = curves(thing)
    return None if found is None else found.find(path, index=index)


def unkey(thing: bpy.types.Object, path: str, index: int) -> None:
    """Takes a property's keyframes away."""
    if found := curve(thing, path, index):
        curves(thing).remove(found)
