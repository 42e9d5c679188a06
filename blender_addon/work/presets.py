"""A model's presets as a property that keeps nothing: it says at which the settings stand, and sets them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import bpy
from bpy.props import EnumProperty

from ..replate_host.catalog import Preset

OWN = ("own", "Own", "The settings stand at no preset", "NONE", 0)

Where = Callable[[bpy.types.PropertyGroup], dict[str, tuple[bpy.types.PropertyGroup, str]]]
"""Of the group that has the property: where each parameter is, by the parameter's name."""


def menu(presets: Sequence[Preset], where: Where) -> Any:
    """The property, for a group."""

    def stands(group: bpy.types.PropertyGroup) -> int:
        places = where(group)
        for number, preset in enumerate(presets, 1):
            if all(_same(getattr(*places[name]), value) for name, value in preset.values.items() if name in places):
                return number
        return 0

    def take(group: bpy.types.PropertyGroup, number: int) -> None:
        places = where(group)
        for name, value in presets[number - 1].values.items() if number else ():
            if name in places:
                setattr(*places[name], value)

    items = [(each.name, each.label, each.tooltip, "NONE", number) for number, each in enumerate(presets, 1)]
    return EnumProperty(name="Preset", description="Settings to begin from", items=[*items, OWN], get=stands, set=take)


def _same(now: Any, value: Any) -> bool:
    # Blender keeps 32 bits.
    return math.isclose(now, value, rel_tol=1e-6, abs_tol=1e-6) if isinstance(now, float) else now == value
