"""A group of Nuke's out of a script, asked what its knobs come to: expressions and all, and nothing is rendered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parent / "hosts" / "nuke" / "python"))
nk = pytest.importorskip("nk", reason="this Python was built without Tcl")
expressions = pytest.importorskip("expressions")
Curve = pytest.importorskip("curves").Curve


class Rig:
    """Knobs of a group and of what is in it, at any frame."""

    def __init__(self, script: str) -> None:
        (self.group,) = nk.loads(script).nodes
        self.turned: dict[str, float] = {}
        """Knobs of the group that say something else than in the script, by name or "name.x"."""

    def node(self, name: str) -> Any:
        found = self.group.child(name)
        assert found is not None, name
        return found

    def kinds(self, kind: str) -> list[Any]:
        return [node for node in self.group.children if node.kind == kind]

    def values(self, node: Any, knob: str, frame: float = 0.0) -> list[float]:
        return [self._value(node, word, frame) for word in nk.split(node.knobs[knob])]

    def value(self, node: Any, knob: str, frame: float = 0.0) -> float:
        (value,) = self.values(node, knob, frame)
        return value

    def _value(self, node: Any, word: str, frame: float) -> float:
        said = nk.split(word)[0] if word.startswith('"') else word
        try:
            return float(said)
        except ValueError:
            value: float = expressions.evaluate(said, frame, lambda name, at: self._named(name, at))
            return value

    def _named(self, name: str, frame: float) -> float:
        where, _, knob = name.partition(".")
        if where != "parent":
            return self.value(self.node(where), knob, frame)
        if knob in self.turned:
            return self.turned[knob]
        knob, _, part = knob.partition(".")
        (control,) = (each for each in self.group.user if each.name == knob)
        text = self.group.knobs[knob]
        if control.menu:
            return float(control.menu.index(text))
        if text in ("true", "false"):
            return float(text == "true")
        return float(nk.split(text)["xyz".index(part)] if part else text)
