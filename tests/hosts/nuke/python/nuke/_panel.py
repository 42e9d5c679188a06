"""Knobs that make a panel: buttons, tabs, links."""

from __future__ import annotations

from typing import Any

import nk

from nuke import _constants as c
from nuke import _evaluate as evaluation
from nuke._knobs import Knob
from nuke._session import run_python, session
from nuke._texts import String_Knob


class Script_Knob(String_Knob):
    """A button that runs Tcl."""

    _STARTS = False

    def __init__(self, name: str, label: str | None = None, command: str = "") -> None:
        super().__init__(name, label, command)
        self._default = self._value

    def command(self) -> str:
        return str(self._value)

    def setCommand(self, command: str) -> None:
        self.setValue(command)

    def execute(self) -> None:
        node = self._node
        if node is None:
            raise RuntimeError(f"the button {self._name} is on no node")
        if self._name in ("reload", "reload_link") and node.Class() in ("Read", "ReadGeo2", "Camera3", "Write"):
            node._reload()
            return
        raise RuntimeError(f"the stand-in does not run the Tcl of {self.fullyQualifiedName()}")

    def _defined(self) -> list[str]:
        return ["T", nk.word(self._value)] if self._value else []

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        self._value = self._default = told.text

    def _written(self) -> bool:
        return False


class PyScript_Knob(Script_Knob):
    """A button that runs Python. What it raises, Nuke shows; here it is raised to whoever pressed it."""

    def execute(self) -> None:
        node = self._node
        if node is None:
            raise RuntimeError(f"the button {self._name} is on no node")
        with session.call(node, self, told=False):
            run_python(self._value, self.fullyQualifiedName())
        if not node._gone():
            node._changed(self)


class Tab_Knob(Knob):
    """A page of the panel, or the beginning or the end of a group in it."""

    _STARTS = False

    def __init__(self, name: str, label: str | None = None, type: int = c.TABKNOB) -> None:
        super().__init__(name, label)
        if type not in (c.TABKNOB, c.TABBEGINGROUP, c.TABBEGINCLOSEDGROUP, c.TABENDGROUP):
            raise ValueError("a Tab_Knob is nuke.TABKNOB, TABBEGINGROUP, TABBEGINCLOSEDGROUP or TABENDGROUP")
        self._type = type
        if type in (c.TABBEGINGROUP, c.TABBEGINCLOSEDGROUP):
            self._value = self._default = type == c.TABBEGINGROUP

    def value(self, *_: Any) -> Any:
        return self._value

    def setValue(self, open_: Any, *_: Any) -> bool:
        if self._value is None:
            raise TypeError("a tab takes no value; a group takes whether it is open")
        self._change(bool(open_))
        return True

    def _text(self) -> str:
        return "" if self._value is None else str(int(self._value))

    def _parse(self, text: str) -> Any:
        return text not in ("0", "false")

    def _word(self) -> str:
        return self._text()

    def _written(self) -> bool:
        return self._value is not None and self._value != self._default

    def _defined(self) -> list[str]:
        return ["n", str(self._type)] if self._type else []

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        Tab_Knob.__init__(self, self._name, self._label, told.group)
        super()._define(told)


class BeginTabGroup_Knob(Tab_Knob):
    def __init__(self, name: str = "", label: str | None = None) -> None:
        super().__init__(name, label, c.TABBEGINGROUP)
        self._kind = "Tab_Knob"


class EndTabGroup_Knob(Tab_Knob):
    def __init__(self, name: str = "", label: str | None = None) -> None:
        super().__init__(name, label, c.TABENDGROUP)
        self._kind = "Tab_Knob"


class Link_Knob(Knob):
    """Another knob, shown here."""

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)
        self._value = self._default = ""

    def setLink(self, path: str) -> None:
        self._change(str(path))

    def makeLink(self, node: str, knob: str) -> None:
        self._change(f"{node}.{knob}")

    def getLink(self) -> str:
        return str(self._value)

    def getLinkedKnob(self) -> Knob | None:
        return None if self._node is None else evaluation.knob(self._value, self._node)

    def value(self, *arguments: Any) -> Any:
        return self._linked().value(*arguments)

    def getValue(self, *arguments: Any) -> Any:
        return self._linked().getValue(*arguments)

    def setValue(self, *arguments: Any) -> bool:
        return bool(self._linked().setValue(*arguments))

    def _linked(self) -> Knob:
        found = self.getLinkedKnob()
        if found is None:
            raise ValueError(f"{self._name} is linked to {self._value!r}, which is not there")
        return found

    def _defined(self) -> list[str]:
        return ["T", nk.word(self._value)]

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        self._value = self._default = told.text

    def _written(self) -> bool:
        return False
