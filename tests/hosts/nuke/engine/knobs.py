"""A node's knobs at a frame: what the script says, or what the class has for a default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import evaluation
import facts
import nk
from curves import Curve
from expressions import ExpressionError

from engine.errors import Refused
from engine.image import Format

_NO_PICTURE = """
    bookmark cached dope_sheet gl_color help hide_input icon label name note_font note_font_color note_font_size
    postage_stamp postage_stamp_frame selected tile_color xpos ypos autolabel knobChanged onCreate onDestroy updateUI
    indicators panel disable lifetimeStart lifetimeEnd rootNodeUpdated
"""
"""Knobs that change no pixel, and `disable`, which is asked for everywhere."""


@dataclass(frozen=True)
class Knobs:
    node: nk.Node
    script: nk.Script
    frame: float

    def text(self, name: str) -> str:
        """As it stands in the script; an enumeration's choice by its name."""
        found = self._told(name)
        choices = self._choices(name)
        if choices and found.startswith("{") and len(nk.split(found)) == 1:  # Of an enumeration the place.
            return choices[int(self.number(name))]
        return found.partition("\t")[0]

    def number(self, name: str) -> float:
        return self.numbers(name, 1)[0]

    def integer(self, name: str) -> int:
        return round(self.number(name))

    def flag(self, name: str) -> bool:
        return bool(self.number(name))

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        """A knob's channels; a single one stands for all of them. An enumeration's number is its choice's place."""
        told, choices = self._told(name), self._choices(name)
        if told.partition("\t")[0] in choices:
            return (float(choices.index(told.partition("\t")[0])),) * count
        words = nk.split(told) or ["0"]
        if len(words) == 1:
            words *= count
        if len(words) < count:
            raise Refused(f"{self.node.path}.{name} has {len(words)} values, and {count} are asked for")
        return tuple(self._value(name, word, str(place)) for place, word in enumerate(words[:count]))

    def expression(self, text: str, field: str = "") -> float:
        """An expression's value. Raises `Refused`."""
        try:
            return evaluation.number(text, self.frame, Scope(self.node, self.script), field)
        except ExpressionError as error:
            raise Refused(f"{self.node.path}: {error}") from None

    def path(self, name: str, view: str, number: float) -> str:
        """A file at a frame and a view."""
        try:
            told = evaluation.text(self.text(name), self.frame, Scope(self.node, self.script))
        except ExpressionError as error:
            raise Refused(f"{self.node.path}.{name}: {error}") from None
        return evaluation.file(told, number, view)

    def format(self, name: str) -> Format:
        """The knob's format, else the script's."""
        text = self.node.knobs.get(name, "")
        return _format(text or Knobs(self.script.root, self.script, self.frame).text("format"))

    def known(self, names: Sequence[str]) -> None:
        """Raises `Refused` for a knob that the script sets, and that is not among these."""
        own = {knob.name for knob in self.node.user}
        for name, text in self.node.knobs.items():
            if name in _NO_PICTURE.split() or name in own or name in names or name.endswith("_panelDropped"):
                continue
            if not self._is_default(name, text):
                raise Refused(
                    f"{self.node.path} sets {name} to {text!r}, which the stand-in does not know of {self.node.kind}"
                )

    def _value(self, name: str, word: str, field: str) -> float:
        if (plain := _plain(word)) is not None:
            return plain
        if word != "curve" and not word.startswith("curve "):
            return self.expression(word.strip('"'), field)
        try:
            return Curve.parse(word).at(self.frame)
        except ValueError as error:
            raise Refused(f"{self.node.path}.{name}: {error}") from None

    def _told(self, name: str) -> str:
        """What the script says, else the default."""
        found = self.node.knobs.get(name)
        if found is not None:
            return found
        for user in self.node.user:
            if user.name == name:
                return user.menu[0] if user.menu else "0"
        if (knob := _fact(self.node.kind, name)) is None:
            raise Refused(f"{self.node.kind} has no knob {name}, as {self.node.path} would need it")
        return "" if knob.default is None else str(knob.default)

    def _choices(self, name: str) -> list[str]:
        """An enumeration's; empty for other knobs."""
        user = next((each.menu for each in self.node.user if each.name == name), None)
        fact = _fact(self.node.kind, name)
        return [each.partition("\t")[0] for each in user or (fact.values if fact else ())]

    def _is_default(self, name: str, text: str) -> bool:
        if (knob := _fact(self.node.kind, name)) is None:
            return False
        default = str(knob.default).partition("\t")[0]
        return text == default or (_plain(text) is not None and _plain(text) == _plain(default))


@dataclass(frozen=True)
class Scope:
    """A node of the script as expressions see it: `evaluation.Scope`."""

    node: nk.Node
    script: nk.Script

    def parent(self) -> Scope | None:
        return Scope(self.node.parent, self.script) if self.node.parent else None

    def child(self, name: str) -> Scope | None:
        found = self.node.child(name)
        return Scope(found, self.script) if found else None

    def input(self, number: int) -> Scope | None:
        found = self.node.inputs[number] if number < len(self.node.inputs) else None
        return Scope(found, self.script) if found else None

    def has(self, knob: str) -> bool:
        told = (each.name == knob for each in self.node.user)
        return knob in self.node.knobs or any(told) or _fact(self.node.kind, knob) is not None

    def number(self, knob: str, field: str, frame: float) -> float:
        fact = _fact(self.node.kind, knob) or facts.Knob(_OF_USER.get(self._user(knob), ""))
        fields = facts.FIELDS.get(fact.kind, "")
        place = int(field) if field.isdigit() else max(fields.find(field), 0) if field else 0
        if not fields:  # One number, and whoever asks in a channel of its own means that.
            place = 0
        elif place >= len(fields):
            raise ExpressionError(f"{self.node.path}.{knob} has no channel {field}")
        return Knobs(self.node, self.script, frame).numbers(knob, place + 1)[place]

    def text(self, knob: str, frame: float) -> str:
        return Knobs(self.node, self.script, frame).text(knob)

    def _user(self, knob: str) -> int:
        return next((each.id for each in self.node.user if each.name == knob), 0)


_OF_USER = {
    12: "XY_Knob",
    13: "XYZ_Knob",
    14: "WH_Knob",
    15: "BBox_Knob",
    18: "Color_Knob",
    19: "AColor_Knob",
    30: "UV_Knob",
}
"""Classes of user knobs with several channels, by the number that `addUserKnob` has for them."""


def _fact(kind: str, name: str) -> facts.Knob | None:
    try:
        found = facts.of(kind)
    except LookupError:
        return None
    for table in (found.knobs, *found.when.values()):
        if name in table:
            return table[name]
    return None


def _plain(word: str) -> float | None:
    """A number as Tcl has it, and the words for yes and no."""
    if word.lower() in ("true", "false"):
        return float(word.lower() == "true")
    try:
        return float(int(word, 16)) if word.startswith("0x") else float(word)
    except ValueError:
        return None


def _format(text: str) -> Format:
    """`2048 1556 0 0 2048 1556 1 2K_Super_35(full-ap)`; a plain `64 48` is one of square pixels."""
    numbers, name = [], ""
    for word in nk.split(text):
        if (number := _plain(word)) is not None and not name:
            numbers.append(number)
        else:
            name = f"{name} {word}".strip()
    if len(numbers) < 2:
        raise Refused(f"{text!r} is no format that the stand-in can read: width, height and so on are asked for")
    aspect = numbers[-1] if len(numbers) in (3, 7) else 1.0
    return Format(round(numbers[0]), round(numbers[1]), aspect, name)
