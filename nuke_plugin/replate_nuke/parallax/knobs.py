"""Controls as knobs of Nuke's."""

from __future__ import annotations

from typing import Any, cast

import nuke

from replate_host.parallax import LOOP, Control, sway


def added(node: nuke.Node, control: Control) -> nuke.Knob:
    """Gives a node a knob that it does not have."""
    knob: nuke.Knob = _made(control)
    if control.tooltip:
        knob.setTooltip(control.tooltip)
    if control.range:
        cast(nuke.Array_Knob, knob).setRange(*control.range)
    if control.same_line:
        knob.clearFlag(nuke.STARTLINE)
    elif control.kind in ("Boolean_Knob", "PyScript_Knob"):
        knob.setFlag(nuke.STARTLINE)
    if control.hidden:
        knob.setFlag(nuke.INVISIBLE)
    node.addKnob(knob)
    put(knob, control)
    return knob


def put(knob: nuke.Knob, control: Control) -> None:
    """Sets a knob to what the control begins with."""
    if control.value and control.kind != "PyScript_Knob":
        knob.fromScript(control.value)


def swayed(group: nuke.Group) -> None:
    """Gives the camera the hand that the knobs ask for; a loop's comes back to where it began."""
    hand = group.node("hand")
    if hand is None:
        return
    loops = int(group["path"].getValue()) == LOOP
    length = group["cycle"].getValue() / group["fps"].getValue()
    for axis, said in sway(int(group["sway"].getValue()), length if loops else None).items():
        hand[axis].setExpression(said)


def _made(control: Control) -> Any:
    kind: Any = getattr(nuke, control.kind)
    if control.kind == "Enumeration_Knob":
        return kind(control.name, control.label, list(control.choices))
    if control.kind in ("PyScript_Knob", "Text_Knob"):
        return kind(control.name, control.label, control.value)
    return kind(control.name, control.label)
