"""A node's knobs at a frame: what the script says, or what the class has for a default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import expressions
import facts
import nk
from curves import Curve

from engine.errors import Refused
from engine.image import Format

_COMPONENTS = ("xyzw", "rgba", "wh", "uv")
_OF_CLASS = {"BBox_Knob": "xyrt", "Box3_Knob": "xynrtf"}
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
        found = self.node.knobs.get(name)
        if found is None:
            found = self._default(name)
        choices = self._choices(name)
        if (
            choices and found.startswith("{") and len(nk.split(found)) == 1
        ):  # Of an enumeration an expression gives the place.
            return choices[int(self.number(name))]
        return found.partition("\t")[0]

    def number(self, name: str) -> float:
        return self.numbers(name, 1)[0]

    def integer(self, name: str) -> int:
        return round(self.number(name))

    def flag(self, name: str) -> bool:
        return bool(self.number(name))

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        """A knob's components; a single one stands for all of them."""
        choices = self._choices(name)
        text = self.node.knobs.get(name)
        if text is None:
            text = self._default(name)
        if text.partition("\t")[0] in choices:
            return (float(choices.index(text.partition("\t")[0])),) * count
        words = nk.split(text) or ["0"]
        if len(words) == 1:
            words *= count
        if len(words) < count:
            raise Refused(f"{self.node.path}.{name} has {len(words)} values, and {count} are asked for")
        return tuple(self._value(name, word) for word in words[:count])

    def path(self, name: str, view: str, number: float) -> str:
        """A file at a frame and a view. Raises `Refused` for Tcl in brackets."""
        text = self.text(name)
        if re.search(r"(?<!\\)[\[\]]", text):
            raise Refused(f"{self.node.path}.{name} has Tcl in brackets, which the stand-in does not evaluate: {text}")
        text = re.sub(r"\\(.)", r"\1", text)
        text = text.replace("%V", view).replace("%v", view[:1])
        text = re.sub(r"%(0?\d*)d", lambda found: format(round(number), f"{found[1]}d"), text)
        return re.sub(r"#+", lambda found: format(round(number), f"0{len(found[0])}d"), text)

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

    def _value(self, name: str, word: str) -> float:
        if (plain := _plain(word)) is not None:
            return plain
        try:
            if word == "curve" or word.startswith("curve "):
                return float(Curve.parse(word).at(self.frame))
            return float(expressions.evaluate(word.strip('"'), self.frame, self.looked_up))
        except Refused:
            raise
        except (ValueError, ArithmeticError) as error:
            raise Refused(f"{self.node.path}.{name} cannot be evaluated: {word!r}: {error}") from None

    def looked_up(self, name: str, frame: float) -> float:
        """What another knob is: "parent.there", "Camera1.translate.x", "root.first_frame", "mix"."""
        node, words = self.node, name.split(".")
        while len(words) > 1 and (other := self._other(node, words[0])) is not None:
            node, words = other, words[1:]
        knob, component = words[0], words[1] if len(words) == 2 else ""
        if len(words) > 2 or not (node.knobs.get(knob) or _has(node, knob)):
            raise Refused(f"{self.node.path} asks for {name}, and there is no such knob")
        place = _component(node, knob, component)
        return Knobs(node, self.script, frame).numbers(knob, place + 1)[place]

    def _other(self, node: nk.Node, name: str) -> nk.Node | None:
        if name == "this":
            return node
        if name == "root":
            return self.script.root
        if name == "parent":
            return node.parent
        if name == "input":
            return node.inputs[0] if node.inputs else None
        beside = node.parent.child(name) if node.parent else None
        return beside or node.child(name)

    def _choices(self, name: str) -> list[str]:
        """An enumeration's; empty for other knobs."""
        user = next((each.menu for each in self.node.user if each.name == name), None)
        fact = _fact(self.node.kind, name)
        return [each.partition("\t")[0] for each in user or (fact.values if fact else ())]

    def _default(self, name: str) -> str:
        for user in self.node.user:
            if user.name == name:
                return user.menu[0] if user.menu else "0"
        if (knob := _fact(self.node.kind, name)) is None:
            raise Refused(f"{self.node.kind} has no knob {name}, as {self.node.path} would need it")
        if knob.kind == "Boolean_Knob":
            return "true" if knob.default else "false"
        return "" if knob.default is None else str(knob.default)

    def _is_default(self, name: str, text: str) -> bool:
        if (knob := _fact(self.node.kind, name)) is None:
            return False
        default = str(knob.default).partition("\t")[0]
        if text == default:
            return True
        return _plain(text) is not None and _plain(text) == _plain(default)


def _has(node: nk.Node, knob: str) -> bool:
    return any(each.name == knob for each in node.user) or _fact(node.kind, knob) is not None


def _fact(kind: str, name: str) -> facts.Knob | None:
    try:
        found = facts.of(kind)
    except LookupError:
        return None
    for table in (found.knobs, *found.when.values()):
        if name in table:
            return table[name]
    return None


def _component(node: nk.Node, knob: str, name: str) -> int:
    if not name:
        return 0
    if name.isdigit():
        return int(name)
    fact = _fact(node.kind, knob)
    for names in (_OF_CLASS.get(fact.kind if fact else "", ""), *_COMPONENTS):
        if name in names:
            return names.index(name)
    raise Refused(f"{node.path}.{knob} has no component {name}")


def _plain(word: str) -> float | None:
    """A number as Tcl has it, and the words for yes and no."""
    if word in ("true", "false"):
        return float(word == "true")
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
