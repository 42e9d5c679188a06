"""A model's presets in its node: the menu fills the knobs, and says which preset they stand at."""

from __future__ import annotations

import math
from typing import Any

from replate_nuke.nodes import choices, knobs
from replate_nuke.nodes.controls import PRESET
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import one_step, unrecorded


def take(node: Node) -> None:
    """The artist chose a preset: the knobs that it names are set as it has them, in one step."""
    chosen, item = node.chosen, str(node.group[PRESET].value())
    preset = next((each for each in (chosen.presets if chosen is not None else ()) if each.label == item), None)
    if preset is not None:
        named = [each for each in choices.parameters(node.card, chosen) if each.name in preset.values]
        with one_step(f"Preset {preset.label}"):
            knobs.put(node.group, named, preset.values)


def mirror(node: Node) -> None:
    """Shows the preset at which the knobs stand, or that they stand at none."""
    knob, chosen = node.group.knob(PRESET), node.chosen
    if knob is None:
        return
    now = node.parameters()
    met = (
        each.label
        for each in (chosen.presets if chosen is not None else ())
        if all(_same(now.get(name), value) for name, value in each.values.items())
    )
    with unrecorded():
        knob.setValue(next(met, choices.OWN))


def _same(now: Any, value: Any) -> bool:
    if isinstance(now, float):
        return isinstance(value, (int, float)) and math.isclose(now, value, abs_tol=1e-6)
    return bool(now == value)
