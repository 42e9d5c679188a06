"""Controls as Nuke's knobs: made, changed in place, read and set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import nuke

from replate_host.catalog import Parameter
from replate_nuke.nodes import handles
from replate_nuke.nodes.controls import Control, knob_name

# Kept in the script, where the plugin may be missing: then it must say so. Nuke runs it among the artist's own names.
_BUTTON = """\
try:
    __import__("replate_nuke.startup").startup.press("{button}")
except ImportError:
    nuke.thisNode()["status"].setValue("Replate is not installed here: run 'replate install nuke', and restart Nuke.")
"""


def apply(group: nuke.Group, before: Sequence[Control], after: Sequence[Control]) -> None:
    """Gives a Group the knobs of `after` in place of those of `before`, in their order.

    What both have from the first knob on is changed in place; of the rest, knobs of the same name and kind
    keep what the artist set.
    """
    # A node of an earlier Replate lacks some.
    before = [old for old in before if group.knob(old.name) is not None]
    same = 0
    for old, new in zip(before, after):
        if (old.name, old.kind, old.beside) != (new.name, new.kind, new.beside):
            break
        same += 1
    kept = {(old.name, old.kind): _kept(group[old.name], old) for old in before[same:] if _set_by_artist(group, old)}
    for old, new in zip(before[:same], after):
        _settle(group, old, new)
    for control in reversed(before[same:]):
        group.removeKnob(group[control.name])
    for control in after[same:]:
        group.addKnob(_make(control))
        knob = group[control.name]
        _start(knob, control)
        if (control.name, control.kind) in kept:
            _restore(knob, control, kept[control.name, control.kind])


def values(group: nuke.Group, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """What the knobs of parameters say, by name, as the agent takes it."""
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.type == "prompts":
            found[parameter.name] = handles.prompts(group, parameter.name)
            continue
        knob = group.knob(knob_name(parameter.name))
        # Undone in the middle of a change of model, a knob may be missing; then the server's default holds.
        if knob is not None:
            found[parameter.name] = _PLAIN.get(parameter.type, str)(knob.value())
    return found


def put(group: nuke.Group, parameters: Iterable[Parameter], values: Mapping[str, Any]) -> None:
    """Sets the knobs of parameters to what `values` gave; those that it does not name to their defaults."""
    for parameter in parameters:
        value = values.get(parameter.name, parameter.default)
        if parameter.type == "prompts":
            handles.put(group, parameter.name, value)
            continue
        knob = group[knob_name(parameter.name)]
        knob.clearAnimated()
        if parameter.type != "choice" or value in parameter.choices:
            knob.setValue(value)


_PLAIN: dict[str, Any] = {"flag": bool, "whole": round, "real": float}
_WORDS = ("choice", "text", "long")


def _make(control: Control) -> Any:
    name, label = control.name, control.label
    if control.kind == "tab":
        return nuke.Tab_Knob(name, label)
    if control.kind == "group":
        return nuke.Tab_Knob(name, label, nuke.TABBEGINGROUP)
    if control.kind == "end":
        return nuke.Tab_Knob(name, label, nuke.TABENDGROUP)
    if control.kind in ("line", "note", "picture"):
        return nuke.Text_Knob(name, label, control.default or "")
    if control.kind == "choice":
        return nuke.Enumeration_Knob(name, label, list(control.items))
    if control.kind == "button":
        return nuke.PyScript_Knob(name, label, _BUTTON.format(button=name))
    return _CLASSES[control.kind](name, label)


_CLASSES: dict[str, Any] = {
    "flag": nuke.Boolean_Knob,
    "whole": nuke.Int_Knob,
    "real": nuke.Double_Knob,
    "text": nuke.String_Knob,
    "long": nuke.Multiline_Eval_String_Knob,
    "point": nuke.XY_Knob,
    "box": nuke.BBox_Knob,
}


def _start(knob: Any, control: Control) -> None:
    """A knob that was just made, as the control has it."""
    _dress(knob, control)
    if control.beside:
        knob.clearFlag(nuke.STARTLINE)
    elif control.kind in ("flag", "button"):
        knob.setFlag(nuke.STARTLINE)
    if control.hidden:
        knob.setFlag(nuke.INVISIBLE)
    if control.kind == "picture":
        knob.setVisible(False)
    if control.default is not None:
        knob.setValue(control.default)


def _dress(knob: Any, control: Control) -> None:
    """What a later catalog may say otherwise of a knob that is there already."""
    if control.kind in ("tab", "end", "line"):
        return
    knob.setLabel(control.label)
    knob.setTooltip(control.tooltip)
    slider = _slider(control)
    if slider is not None:
        knob.setRange(*slider)
    if control.kind == "choice" and control.name != "version" and list(knob.values()) != list(control.items):
        chosen = knob.value()
        knob.setValues(list(control.items))
        knob.setValue(chosen if chosen in control.items else control.default)


def _settle(group: nuke.Group, old: Control, new: Control) -> None:
    """What stays where it is: it follows a new default unless the artist set it to something that is still taken."""
    knob: Any = group[new.name]
    kept = _set_by_artist(group, old)
    _dress(knob, new)
    outside = new.limits is not None and not new.limits[0] <= knob.value() <= new.limits[1]
    if outside or (not kept and new.default != old.default):
        knob.clearAnimated()
        knob.setValue(new.default)


def _slider(control: Control) -> tuple[float, float] | None:
    """The slider's ends. Nuke lets the artist type beyond them; the server says what it does not take."""
    if control.limits is None:
        return None
    low, high = control.limits
    # A slider up to a million is of no use for what is mostly 10.
    return low, high if high <= 1000 else max(100.0, 10.0 * control.default)


def _set_by_artist(group: nuke.Group, control: Control) -> bool:
    if control.hidden or control.kind in ("point", "box"):
        return True
    return (control.kind == "choice" or control.kind in _CLASSES) and group[control.name].value() != control.default


def _kept(knob: Any, control: Control) -> str:
    # Of words the words: a script has them quoted.
    return str(knob.value() if control.kind in _WORDS else knob.toScript())


def _restore(knob: Any, control: Control, kept: str) -> None:
    """Gives a knob what one of the same name had, as far as this one takes it."""
    if control.kind in _WORDS:
        if control.kind != "choice" or kept in control.items:
            knob.setValue(kept)
        return
    knob.fromScript(kept)
    if control.limits is not None and not control.limits[0] <= knob.value() <= control.limits[1]:
        knob.clearAnimated()
        knob.setValue(control.default)
