"""Nodes: their knobs, their inputs, and what they say of themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import facts
import nk

from nuke import _callbacks, _classes, _defaults, _ranges, _upstream, _writing
from nuke import _constants as c
from nuke import _engine as engine
from nuke._formats import Format
from nuke._knobs import Knob
from nuke._panel import Tab_Knob
from nuke._ranges import FrameRange
from nuke._session import MainThread, session
from nuke._texts import String_Knob
from nuke._undo import journal

if TYPE_CHECKING:
    from nuke._groups import Group, Root
    from nuke._ui import Info

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Node(MainThread):
    def __init__(self, kind: str, group: Group | None) -> None:
        self._facts = facts.of(kind)
        self._group = group
        self._made: dict[str, Knob] = {}
        """Knobs of its class; made when they are asked for."""
        self._own: dict[str, Knob] = {}
        """User knobs, in their order."""
        self._inputs: list[Node | None] = []
        self._deleted = False
        self._telling = False
        self._reloads = 0
        self._shown = False

    # What it is.

    def Class(self) -> str:
        return self._facts.name

    def name(self) -> str:
        return str(self["name"].value())

    def fullName(self) -> str:
        above = self._group
        return self.name() if above is None or above._group is None else f"{above.fullName()}.{self.name()}"

    def setName(self, name: str, uncollide: bool = True, updateExpressions: bool = False) -> None:
        """A taken name gets a number, unless `uncollide` is False: then it is refused."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a node: letters, digits and underscores")
        if updateExpressions:
            raise NotImplementedError("the stand-in does not rename nodes within expressions")
        taken = self._group is not None and any(each.name() == name for each in self._group._nodes if each is not self)
        if taken and not uncollide:
            raise ValueError(f"there is a node {name} already")
        self["name"]._change(self._group._free(name, self) if taken and self._group is not None else name)

    def help(self) -> str:
        return ""

    def parent(self) -> Group | None:
        return self._group

    def rootNode(self) -> Root:
        return session.root

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'(deleted)' if self._deleted else self.fullName()}>"

    # Knobs.

    def knob(self, p: str, follow_link: bool = True) -> Any:
        if not isinstance(p, str):
            raise TypeError("the stand-in finds knobs by name")
        if p in self._own:
            return self._own[p]
        fact = _classes.available(self).get(p)
        if fact is None:
            return None
        if p not in self._made:
            knob = _classes.made(p, fact, p in self._facts.open)
            default = _defaults.of(self.Class(), _classes.file_of(self), p)
            if default is not None:
                knob.fromScript(default)
            knob._node = self
            self._made[p] = knob
        return self._made[p]

    def __getitem__(self, name: str) -> Any:
        found = self.knob(name)
        if found is None:
            raise NameError(f"knob {name} does not exist")
        return found

    def knobs(self) -> dict[str, Knob]:
        return {knob.name(): knob for knob in self.allKnobs()}

    def allKnobs(self) -> list[Knob]:
        return [self.knob(name) for name in _classes.available(self)] + list(self._own.values())

    def numKnobs(self) -> int:
        return len(_classes.available(self)) + len(self._own)

    getNumKnobs = numKnobs

    def addKnob(self, knob: Knob) -> None:
        """The first one gets a tab "User" above it, unless it is a tab itself."""
        if not isinstance(knob, Knob):
            raise TypeError("addKnob takes a knob")
        if knob._node is not None:
            raise ValueError(f"the knob {knob.name()} is on a node already")
        if knob.name() and self.knob(knob.name()) is not None:
            raise ValueError(f"{self.name()} has a knob {knob.name()} already")
        if not self._own and not isinstance(knob, Tab_Knob):
            self.addKnob(Tab_Knob("User"))
        key = knob.name() or f" {len(self._own)}"
        self._keep(key, knob)
        journal.record(lambda: self._drop(key), lambda: self._keep(key, knob))

    def removeKnob(self, knob: Knob) -> None:
        key = next((key for key, each in self._own.items() if each is knob), None)
        if key is None:
            raise ValueError(f"{knob.name()} is no user knob of {self.name()}")
        if any(call.knob is knob for call in session.calls):
            raise RuntimeError(f"{knob.name()} is removed within its own callback: Nuke may crash")
        before = dict(self._own)
        self._drop(key)

        def back() -> None:
            self._own = dict(before)
            knob._node = self

        journal.record(back, lambda: self._drop(key))

    def readKnobs(self, s: str) -> None:
        """Knobs as a script says them."""
        _writing.read_knobs(self, nk.split(s))

    def writeKnobs(self, flags: int = c.WRITE_NON_DEFAULT_ONLY | c.TO_SCRIPT) -> str:
        return "\n".join(_writing.knob_lines(self, everything=bool(flags & c.WRITE_ALL)))

    def resetKnobsToDefault(self) -> None:
        for knob in list(self._made.values()):
            if knob.name() not in ("name", "xpos", "ypos"):
                knob._reset()

    # Inputs.

    def inputs(self) -> int:
        return len(self._inputs)

    def input(self, index: int) -> Node | None:
        return self._inputs[index] if 0 <= index < len(self._inputs) else None

    def maxInputs(self) -> int:
        return self._facts.inputs[1]

    def minInputs(self) -> int:
        return self._facts.inputs[0]

    def maximumInputs(self) -> int:
        return self.maxInputs()

    def minimumInputs(self) -> int:
        return self.minInputs()

    def maxOutputs(self) -> int:
        return 0 if self.Class() in ("BackdropNode", "StickyNote", "Viewer", "Root") else 1

    def optionalInput(self) -> int:
        """Which one is the mask, or -1."""
        if self.Class() in nk.MASKS:
            return nk.MASKS[self.Class()]
        return self.maxInputs() - 1 if "maskChannelInput" in self._facts.knobs else -1

    def canSetInput(self, i: int, node: Node | None) -> bool:
        if node is None:
            return 0 <= i < self.maxInputs()
        return (
            0 <= i < self.maxInputs() and node._group is self._group and not node._below(self) and node.maxOutputs() > 0
        )

    def setInput(self, i: int, node: Node | None) -> bool:
        """Raises where Nuke gives False: an input that it does not have, a node of another group, a circle."""
        if node is not None and not isinstance(node, Node):
            raise TypeError("setInput takes a node or None")
        if not self.canSetInput(i, node):
            what = "None" if node is None else node.fullName()
            raise ValueError(f"{self.fullName()} cannot have {what} as input {i}")
        if self.input(i) is node:
            return True
        before = list(self._inputs)
        after = [*before, *[None] * (i + 1 - len(before))]
        after[i] = node
        while after and after[-1] is None:
            after.pop()
        self._connect(after)
        journal.record(lambda: self._connect(before), lambda: self._connect(after))
        self._changed(self._dummy("inputChange"))
        return True

    def connectInput(self, i: int, node: Node | None) -> bool:
        """The first free input from `i` on."""
        while self.input(i) is not None and i + 1 < self.maxInputs():
            i += 1
        return self.setInput(i, node)

    def dependencies(self, what: int = c.INPUTS | c.HIDDEN_INPUTS | c.EXPRESSIONS) -> list[Node]:
        """What it hangs on: through inputs, hidden inputs (`hide_input`), expressions."""
        found: list[Node] = []
        hidden = bool(self.knob("hide_input") and self["hide_input"].value())
        if what & (c.HIDDEN_INPUTS if hidden else c.INPUTS):
            found += [each for each in self._inputs if each is not None]
        if what & c.EXPRESSIONS:
            found += _upstream.named_in_expressions(self)
        return [each for place, each in enumerate(found) if each not in found[:place]]

    def dependent(
        self, what: int = c.INPUTS | c.HIDDEN_INPUTS | c.EXPRESSIONS, forceEvaluate: bool = True
    ) -> list[Node]:
        return [each for each in session.root._walk() if each is not self and self in each.dependencies(what)]

    # Its place in the graph and the panel.

    def xpos(self) -> int:
        return int(self["xpos"].value())

    def ypos(self) -> int:
        return int(self["ypos"].value())

    def setXpos(self, x: int) -> None:
        self["xpos"].setValue(x)

    def setYpos(self, y: int) -> None:
        self["ypos"].setValue(y)

    def setXYpos(self, x: int, y: int) -> None:
        self.setXpos(x)
        self.setYpos(y)

    def screenWidth(self) -> int:
        return 12 if self.Class() == "Dot" else 80

    def screenHeight(self) -> int:
        return 12 if self.Class() == "Dot" else 18

    def autoplace(self) -> None:
        above = self.input(0)
        if above is not None:
            self.setXYpos(above.xpos(), above.ypos() + 60)

    def isSelected(self) -> bool:
        return bool(self["selected"].value())

    def setSelected(self, selected: bool) -> None:
        self["selected"].setValue(bool(selected))

    def selectOnly(self) -> None:
        for each in (self._group or session.root)._nodes:
            each.setSelected(each is self)

    def showControlPanel(self, forceFloat: bool = False) -> None:
        self._shown = True
        self._changed(self._dummy("showPanel"))

    def hideControlPanel(self) -> None:
        self._shown = False

    def shown(self) -> bool:
        return self._shown

    def redraw(self) -> None:
        pass

    def setTab(self, tabIndex: int) -> None:
        pass

    def forceValidate(self) -> None:
        pass

    def clones(self) -> int:
        return 0

    # Pictures.

    def format(self) -> Format:
        return engine.info(self).format

    def width(self) -> int:
        return self.format().width()

    def height(self) -> int:
        return self.format().height()

    def pixelAspect(self) -> float:
        return self.format().pixelAspect()

    def bbox(self) -> Info:
        return engine.info(self).bbox

    def channels(self) -> list[str]:
        return engine.info(self).channels

    def metadata(self, key: str | None = None, time: float | None = None, view: str | None = None) -> Any:
        told = engine.info(self, time, view).metadata
        return told if key is None else told.get(key)

    def sample(
        self, channel: str, x: float, y: float, dx: float = 1, dy: float = 1, frame: float | None = None
    ) -> float:
        return engine.sample(self, channel, x, y, dx, dy, frame)

    def proxy(self) -> bool:
        return bool(session.root["proxy"].value())

    def frameRange(self) -> FrameRange:
        return _ranges.of(self)

    def firstFrame(self) -> int:
        return self.frameRange().first()

    def lastFrame(self) -> int:
        return self.frameRange().last()

    def opHashes(self) -> list[int]:
        """One number that changes with whatever changes a pixel, upstream too."""
        return [_upstream.digest(self)]

    def hasError(self) -> bool:
        return bool(engine.error(self))

    error = hasError

    def treeHasError(self) -> bool:
        return self.hasError()

    def running(self) -> bool:
        return session.busy

    # Below this is the stand-in's own.

    def _gone(self) -> bool:
        return bool(object.__getattribute__(self, "__dict__").get("_deleted", False))

    def _context(self) -> Group:
        """Where its callbacks find and make nodes."""
        return self._group or session.root

    def _keep(self, key: str, knob: Knob) -> None:
        knob._node = self
        self._own[key] = knob

    def _drop(self, key: str) -> None:
        self._own.pop(key)._node = None

    def _connect(self, inputs: list[Node | None]) -> None:
        self._inputs = list(inputs)
        session.root._touch()

    def _below(self, other: Node) -> bool:
        """Whether it is that node, or hangs on it through inputs."""
        return self is other or any(each is not None and each._below(other) for each in self._inputs)

    def _dummy(self, name: str) -> Knob:
        """A knob that is none: how knobChanged is told of other things."""
        knob = String_Knob(name)
        knob._node = self
        return knob

    def _changed(self, knob: Knob) -> None:
        """Tells whoever wants to know; a change that is made meanwhile is told to nobody, as in Nuke."""
        session.root._touch()
        if session.quiet or (self._group is None and self is not session.root):
            return
        if self._telling and not knob._flags & c.KNOB_CHANGED_RECURSIVE:
            return
        self._telling = True
        try:
            _callbacks.knob_changed(self, knob)
        finally:
            self._telling = False

    def _reload(self) -> None:
        self._reloads += 1
        if self.knob("version") is not None:
            self["version"].setValue(self["version"].value() + 1)
