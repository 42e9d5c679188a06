"""What all knobs are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import facts
import nk

from nuke import _constants as c
from nuke._session import MainThread
from nuke._undo import journal

if TYPE_CHECKING:
    from nuke._nodes import Node

_IDS = {kind: number for number, kind in facts.USER_KNOBS.items()}


class Knob(MainThread):
    """A knob. Its value is one immutable object, `_value`; None is no value."""

    _STARTS: ClassVar[bool] = True
    """Whether it begins a line of the panel unless told otherwise."""
    _node: Node | None = None

    def __init__(self, name: str, label: str | None = None, *rest: Any) -> None:
        if type(self) is Knob or rest:
            raise TypeError(f"nuke.{type(self).__name__} does not take those arguments")
        if not isinstance(name, str):
            raise TypeError("a knob's name is a str")
        self._name = name
        self._label = label
        self._tooltip = ""
        self._flags = c.STARTLINE if self._STARTS else 0
        self._user = True
        self._kind = type(self).__name__
        self._value: Any = None
        self._default: Any = None

    # What every knob says of itself.

    def Class(self) -> str:
        return self._kind

    def name(self) -> str:
        return self._name

    def setName(self, name: str) -> None:
        if self._node is not None:
            raise ValueError("the stand-in renames no knob that a node has")
        self._name = name

    def label(self) -> str:
        return self._name if self._label is None else self._label

    def setLabel(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError("a label is a str")
        self._label = label

    def tooltip(self) -> str:
        return self._tooltip

    def setTooltip(self, tooltip: str) -> None:
        if not isinstance(tooltip, str):
            raise TypeError("a tooltip is a str")
        self._tooltip = tooltip

    def node(self) -> Node | None:
        return self._node

    def fullyQualifiedName(self, channel: int = -1) -> str:
        home = f"{self._node.fullName()}." if self._node is not None else ""
        return f"{home}{self._name}" + (f".{channel}" if channel >= 0 else "")

    # Flags.

    def setFlag(self, flag: int) -> None:
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:
        self._flags &= ~flag

    def getFlag(self, flag: int) -> bool:
        return bool(self._flags & flag)

    def setVisible(self, visible: bool) -> None:
        (self.clearFlag if visible else self.setFlag)(c.HIDDEN)

    def visible(self) -> bool:
        return not self._flags & (c.INVISIBLE | c.HIDDEN)

    def setEnabled(self, enabled: bool) -> None:
        (self.clearFlag if enabled else self.setFlag)(c.DISABLED)

    def enabled(self) -> bool:
        return not self._flags & c.DISABLED

    # Values.

    def value(self, *_: Any) -> Any:
        return self._value

    def getValue(self, *_: Any) -> Any:
        return self._value

    def setValue(self, *_: Any) -> bool:
        raise TypeError(f"a {self._kind} takes no value")

    def toScript(self, quote: bool = False, context: Any = None) -> str:
        """Its value as one word of Tcl; quoted as a script would have it, if asked."""
        return f"{{{self._text()}}}" if quote else self._text()

    def fromScript(self, script: str) -> None:
        if not isinstance(script, str):
            raise TypeError("fromScript takes a str")
        self._change(self._parse(script))

    def isAnimated(self, channel: int = -1) -> bool:
        return False

    def hasExpression(self, channel: int = -1) -> bool:
        return False

    def setAnimated(self, channel: int = -1) -> bool:
        return False

    def clearAnimated(self, channel: int = -1) -> bool:
        return False

    def setExpression(self, expression: str, channel: int = -1, view: str = "") -> bool:
        raise TypeError(f"a {self._kind} takes no expression")

    # Below this is the stand-in's own.

    def _gone(self) -> bool:
        node = self._node
        return node is not None and node._gone()

    def _change(self, value: Any) -> None:
        """The one way in which a value changes: undoable, and told."""
        old = self._value
        if value == old:
            return
        self._value = value
        if self._node is None:
            return
        if not self._flags & c.NO_UNDO:
            journal.record(lambda: self._change(old), lambda: self._change(value))
        self._node._changed(self)

    def _reset(self) -> None:
        self._change(self._default)

    def _text(self) -> str:
        """The value as a script keeps it, before quoting."""
        return "" if self._value is None else str(self._value)

    def _parse(self, text: str) -> Any:
        """The value of a script's text."""
        return text

    def _word(self) -> str:
        """The value as a script writes it."""
        return nk.word(self._text())

    def _written(self) -> bool:
        """Whether a script says the value."""
        kept = self._value is not None and not self._flags & c.DO_NOT_WRITE
        return kept and (self._value != self._default or bool(self._flags & c.ALWAYS_SAVE))

    def _definition(self) -> str:
        """What stands in the braces of addUserKnob."""
        if self._kind not in _IDS:
            raise TypeError(f"a {self._kind} cannot be saved as a user knob: Nuke has no number for it")
        words = [str(_IDS[self._kind]), self._name or '""']
        if self._label is not None and self._label != self._name:
            words += ["l", nk.word(self._label)]
        if self._tooltip:
            words += ["t", nk.word(self._tooltip)]
        words += self._defined()
        starts = bool(self._flags & c.STARTLINE)
        if starts != self._STARTS:
            words.append("+STARTLINE" if starts else "-STARTLINE")
        words += [f"+{name}" for name, flag in c.SAVED_FLAGS.items() if self._flags & flag]
        return " ".join(words)

    def _defined(self) -> list[str]:
        """What a class adds to its definition."""
        return []

    def _define(self, told: nk.UserKnob) -> None:
        """Takes what a script's addUserKnob says."""
        self._label = told.label
        self._tooltip = told.tooltip
        for flag in told.flags:
            bit = c.STARTLINE if flag[1:] == "STARTLINE" else c.SAVED_FLAGS.get(flag[1:])
            if bit is None:
                raise ValueError(f"the user knob {told.name} has the flag {flag}, which the stand-in does not know")
            self._flags = self._flags | bit if flag[0] == "+" else self._flags & ~bit


class Obsolete_Knob(Knob):
    """What an older Nuke had: a script that has it is read, and it does nothing."""

    def __init__(self, name: str = "", label: str | None = None) -> None:
        super().__init__(name, label)

    def fromScript(self, script: str) -> None:
        pass


class Other_Knob(Knob):
    """A knob of one node's own panel, of which only the text in the script matters here."""

    def setValue(self, *_: Any) -> bool:
        raise TypeError(f"the stand-in does not know how a {self._kind} takes a value: use fromScript")
