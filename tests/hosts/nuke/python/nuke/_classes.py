"""The knobs of a class of nodes, made from the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import facts
import nk

from nuke import _arrays, _choices, _knobs, _numbers, _panel, _texts
from nuke._knobs import Knob
from nuke._undo import journal

if TYPE_CHECKING:
    from nuke._nodes import Node

KNOBS: dict[str, type[Knob]] = {
    name: kind
    for module in (_knobs, _texts, _panel, _arrays, _numbers, _choices)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Knob) and name.endswith(("_Knob", "PythonKnob"))
}


_SAID = (_choices.Format_Knob, _choices.Channel_Knob, _choices.MultiView_Knob, _texts.Worded)
"""Classes whose default the facts say as a script would."""


def made(name: str, fact: facts.Knob, open_: bool = False) -> Knob:
    """A knob as its node has it when it is new."""
    kind = KNOBS.get(fact.kind, _knobs.Other_Knob)
    if name == "name" and kind is _texts.String_Knob:
        kind = _texts.Name_Knob
    knob = kind(name)
    knob._kind = fact.kind
    knob._user = False
    if isinstance(knob, _choices.Enumeration_Knob):
        knob._values, knob._open = fact.values, open_
    if isinstance(knob, _arrays.Array_Knob):
        knob._set_default(_index(knob, fact))
    elif isinstance(knob, _SAID) and fact.default is not None:
        knob._default = knob._value = knob._parse(str(fact.default))
    return knob


def available(node: Node) -> dict[str, facts.Knob]:
    """The knobs of a node's class, and those that it has for the type of its file."""
    found = node._facts
    return {**found.knobs, **found.when.get(file_of(node), {})} if found.when else dict(found.knobs)


def file_of(node: Node) -> str:
    """The type of a node's file: as it says, or as the name does; '' where nothing says it."""
    told = node._made.get("file_type")
    kind = str(told.value()).strip() if told is not None else ""
    if not kind and "file" in node._made:
        kind = _texts.file_type(str(node._made["file"].value()))
    return kind


def defined(told: nk.UserKnob) -> Knob:
    """A knob as a script's addUserKnob defines it. Raises `ValueError` for a number that is not known."""
    if told.id not in facts.USER_KNOBS:
        raise ValueError(f"addUserKnob {told.id} {told.name}: the stand-in does not know that class of knobs")
    kind = KNOBS[facts.USER_KNOBS[told.id]]
    with journal.paused():
        knob = kind(told.name)
        knob._define(told)
    return knob


def _index(knob: _arrays.Array_Knob, fact: facts.Knob) -> object:
    """An enumeration's default is a word; a number in the facts is the first's."""
    if isinstance(knob, _choices.Enumeration_Knob) and not isinstance(fact.default, str):
        return None
    return fact.default
