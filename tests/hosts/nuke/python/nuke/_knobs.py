"""What all knobs are, and those that hold text or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import facts
import nk
from nuke import _constants as c
from nuke import _evaluate as evaluation
from nuke._session import MainThread, run_python, session
from nuke._undo import journal

if TYPE_CHECKING:
    from nuke._nodes import Node

_IDS = {kind: number for number, kind in facts.USER_KNOBS.items()}


class Knob(MainThread):
    """A knob. Its value is one immutable object, `_value`; None is no value."""

    STARTLINE: ClassVar[bool] = True
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
        self._flags = c.STARTLINE if self.STARTLINE else 0
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

    def notDefault(self) -> bool:
        return bool(self._value != self._default)

    def resetToDefault(self) -> None:
        self._change(self._default)

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
        if starts != self.STARTLINE:
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


class String_Knob(Knob):
    def __init__(self, name: str, label: str | None = None, value: str | None = None) -> None:
        super().__init__(name, label)
        self._default = ""
        self._value = self._checked(value) if value is not None else ""

    def setValue(self, val: str, view: Any = None) -> bool:
        self._change(self._checked(val))
        return True

    def setText(self, val: str, view: Any = None) -> None:
        self.setValue(val)

    def value(self, oc: Any = None) -> str:
        return str(self._value)

    def getValue(self, oc: Any = None) -> str:
        return str(self._value)

    def getText(self, oc: Any = None) -> str:
        return str(self._value)

    def _checked(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a {self._kind} takes a str, not {type(value).__name__}")
        return value


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
            self._node._file_set(self)
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


class Password_Knob(String_Knob):
    """Never in a script."""

    def _written(self) -> bool:
        return False


class PythonKnob(String_Knob):
    pass


class Font_Knob(String_Knob):
    pass


class Path_Knob(String_Knob):
    pass


class Text_Knob(String_Knob):
    """Words in the panel; without any, a line across it."""

    STARTLINE = False

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


class Script_Knob(String_Knob):
    """A button that runs Tcl."""

    STARTLINE = False

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
        with session.call(node, self):
            run_python(self._value, self.fullyQualifiedName())
        if not node._gone():
            node._changed(self)


class Tab_Knob(Knob):
    """A page of the panel, or the beginning or the end of a group in it."""

    STARTLINE = False

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
