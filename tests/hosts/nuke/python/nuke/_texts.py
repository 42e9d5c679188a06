"""Knobs that hold text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nk

from nuke import _evaluate as evaluation
from nuke._knobs import Knob
from nuke._session import session

if TYPE_CHECKING:
    from nuke._nodes import Node


class Worded(Knob):
    """What all knobs with text have; no class of Nuke's."""

    def __init__(self, name: str, label: str | None = None, value: str | None = None) -> None:
        super().__init__(name, label)
        self._default = ""
        self._value = self._checked(value) if value is not None else ""

    def setValue(self, val: str, view: Any = None) -> bool:
        self._change(self._checked(val))
        return True

    def value(self, oc: Any = None) -> str:
        return str(self._value)

    def getValue(self, oc: Any = None) -> str:
        return str(self._value)

    def _checked(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a {self._kind} takes a str, not {type(value).__name__}")
        return value


class String_Knob(Worded):
    def setText(self, val: str, view: Any = None) -> None:
        self.setValue(val)

    def getText(self, oc: Any = None) -> str:
        return str(self._value)


class Name_Knob(String_Knob):
    """A node's name; no class of Nuke's. One that another node in the group has gets a number."""

    def setValue(self, val: str, view: Any = None) -> bool:
        self._named(self._checked(val))
        return True

    def fromScript(self, script: str) -> None:
        self._named(self._checked(script))

    def _named(self, name: str) -> None:
        if self._node is not None:
            self._node.setName(name)


class EvalString_Knob(String_Knob):
    """Text in which `[value knob]` and such stand for what they give."""

    def evaluate(self, oc: Any = None) -> str:
        node = self._node
        if node is None:
            return str(self._value)
        return evaluation.text(str(self._value), session.at(), node)


class Multiline_Eval_String_Knob(EvalString_Knob):
    pass


class File_Knob(EvalString_Knob):
    """A path, with forward slashes."""

    def setValue(self, val: str, view: Any = None) -> bool:
        if "\\" in self._checked(val).replace("\\[", "").replace("\\]", ""):
            raise ValueError(f"{self._name} takes forward slashes, on every system: {val!r}")
        super().setValue(val)
        if self._node is not None:
            _typed(self, self._node)
        return True

    def fromUserText(self, text: str) -> None:
        """What the file browser gives: a path, and perhaps its frames: "/a/b.####.exr 1001-1010"."""
        path, _, frames = text.partition(" ")
        self.setValue(path)
        first, dash, last = frames.partition("-")
        if self._node is not None and first.strip().isdigit():
            ends = (int(first), int(last) if dash else int(first))
            for name, frame in zip(("first", "last", "origfirst", "origlast"), ends * 2):
                knob = self._node.knob(name)
                if knob is not None:
                    knob.setValue(frame)

    def evaluate(self, oc: Any = None) -> str:
        if not self._value:
            return ""
        return evaluation.file(super().evaluate(), session.at(), session.view)

    def getEvaluatedValue(self, oc: Any = None) -> str:
        return self.evaluate()


class Password_Knob(Worded):
    """Never in a script."""

    def getText(self) -> str:
        return str(self._value)

    def _written(self) -> bool:
        return False


class PythonKnob(String_Knob):
    pass


class Font_Knob(Worded):
    pass


class Path_Knob(Worded):
    pass


class Text_Knob(Worded):
    """Words in the panel; without any, a line across it."""

    _STARTS = False

    def __init__(self, name: str, label: str | None = None, value: str | None = None) -> None:
        super().__init__(name, label, value)
        self._default = self._value

    def _defined(self) -> list[str]:
        return ["T", nk.word(self._value)] if self._value else []

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        self._value = self._default = told.text

    def _written(self) -> bool:
        return False


class Help_Knob(Text_Knob):
    pass


def _typed(knob: File_Knob, node: Node) -> None:
    """A Read or a Write takes its type from the name of its file."""
    types = node.knob("file_type")
    kind = file_type(str(knob.value()))
    if knob.name() == "file" and types is not None and kind in [each.split("\t")[0] for each in types.values()]:
        types.setValue(kind)


def file_type(file: str) -> str:
    """What a file is by its name: "exr", "usd"; '' if that says nothing."""
    suffix = file.rsplit(".", 1)[-1].lower() if "." in file.rsplit("/", 1)[-1] else ""
    return {"usda": "usd", "usdc": "usd", "usdz": "usd", "jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix)
