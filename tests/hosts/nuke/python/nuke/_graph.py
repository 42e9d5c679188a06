"""Functions of the module that make and find nodes."""

from __future__ import annotations

from typing import Any

import facts
import nk

from nuke import _callbacks, _script, _writing
from nuke import _evaluate as evaluation
from nuke._arrays import Array_Knob
from nuke._choices import Enumeration_Knob
from nuke._groups import Group, Root
from nuke._knobs import Knob
from nuke._nodes import Node
from nuke._session import main_thread, session
from nuke._undo import journal


class NodeConstructor:
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __call__(self, *unexpected: Any, **knobs: Any) -> Any:
        """`nuke.nodes.Blur(inputs=[plate], size=4)`: connected to nothing but what it is told."""
        if unexpected:
            raise TypeError(f"nuke.nodes.{self._kind} takes knobs by name")
        return _make(self._kind, knobs, user=False)


class Nodes:
    """`nuke.nodes.Blur` makes Blurs. An unknown class raises, as Nuke does when it is called."""

    def __getattr__(self, kind: str) -> NodeConstructor:
        if kind.startswith("__") or kind not in facts.known() or kind == "Root":
            raise AttributeError(f"nuke.nodes has no {kind}")
        return NodeConstructor(kind)


nodes = Nodes()


@main_thread
def createNode(node: str, knobs: str = "", inpanel: bool = True) -> Any:
    """As if the artist made it: below what is selected, and between that and what hangs on it; selected then."""
    if node not in facts.known():
        raise RuntimeError(f"{node}: Unknown command")
    words = nk.split(knobs)
    with journal.one(f"Create {node}"):
        group = session.group()
        above = next((each for each in group.nodes() if each.isSelected()), None)
        made = _make(node, {}, user=True, text=words)
        if above is not None and made.maxInputs() > 0 and above.maxOutputs() > 0 and not made.inputs():
            for other in list(group._nodes):
                for place, each in enumerate(other._inputs):
                    if each is above and other is not made and made.maxOutputs() > 0:
                        other.setInput(place, made)
            made.setInput(0, above)
            made.setXYpos(above.xpos(), above.ypos() + 60)
        made.selectOnly()
    if inpanel and session.gui:
        made.showControlPanel()
    return made


@main_thread
def delete(n: Node) -> None:
    if not isinstance(n, Node):
        raise TypeError("nuke.delete takes a node")
    _script.remove(n)


@main_thread
def allNodes(filter: str | None = None, group: Group | None = None, recurseGroups: bool = False) -> list[Node]:
    home = session.group() if group is None else group
    found = list(reversed(home._walk())) if recurseGroups else home.nodes()
    return [each for each in found if filter is None or each.Class() == filter]


@main_thread
def toNode(s: str) -> Any:
    """By its name in the group one is in; a dotted one from the root as well. None for one that is not there."""
    if not isinstance(s, str):
        raise TypeError("nuke.toNode takes a name")
    if s == "root" or s == "preferences":
        return session.root if s == "root" else None
    if s.startswith("root."):
        return session.root.node(s[len("root.") :])
    found = session.group().node(s)
    return session.root.node(s) if found is None and "." in s else found


@main_thread
def exists(s: str) -> bool:
    """A node, or a knob of one: "Blur1.size"."""
    node, _, knob_ = s.rpartition(".")
    if toNode(s) is not None:
        return True
    home = toNode(node) if node else None
    return home is not None and home.knob(knob_) is not None


@main_thread
def selectedNodes(filter: str | None = None) -> list[Node]:
    return [each for each in session.group().selectedNodes() if filter is None or each.Class() == filter]


@main_thread
def selectedNode() -> Node:
    found = session.group().selectedNode()
    if found is None:
        raise ValueError("no node selected")
    return found


@main_thread
def selectAll() -> None:
    for each in session.group()._nodes:
        each.setSelected(True)


@main_thread
def root() -> Root:
    return session.root


thisRoot = root


@main_thread
def thisNode() -> Node:
    return session.calls[-1].node if session.calls else session.group()


@main_thread
def thisGroup() -> Group:
    return session.group()


@main_thread
def lastHitGroup() -> Group:
    """The group whose graph the artist worked in last; what a menu runs is in the root, wherever that was."""
    return session.root if session.hit is None or session.hit._gone() else session.hit


@main_thread
def showDag(n: Node) -> None:
    """Shows the graph of a group. Here the artist works in it from now on."""
    if not hasattr(n, "_nodes"):
        raise ValueError(f"{n.fullName()} has no graph of its own")
    session.hit = n


@main_thread
def thisParent() -> Group | None:
    return thisNode().parent()


@main_thread
def thisKnob() -> Knob:
    """In knobChanged, and nowhere else: Foundry's pages promise it to no button."""
    call = session.calls[-1] if session.calls else None
    if call is None or call.knob is None or not call.told:
        raise ValueError("nuke.thisKnob() outside of a knob's callback")
    return call.knob


@main_thread
def thisClass() -> str:
    return thisNode().Class()


@main_thread
def endGroup() -> None:
    if session.begun:
        session.begun.pop()


@main_thread
def inputs(n: Node, i: int | None = None) -> int:
    return n.inputs()


@main_thread
def connectViewer(inputNum: int, node: Node) -> None:
    viewer = next((each for each in session.root._nodes if each.Class() == "Viewer"), None)
    if viewer is None:
        viewer = _make("Viewer", {}, user=False)
    viewer.setInput(inputNum, node)


@main_thread
def show(n: Node, forceFloat: bool = False) -> None:
    n.showControlPanel()


@main_thread
def autoplace(n: Node) -> None:
    n.autoplace()


@main_thread
def frame(f: float | None = None) -> int:
    """The one that is rendered, or where the viewer stands."""
    if f is not None:
        session.root.setFrame(f)
    return int(session.at())


@main_thread
def modified(state: bool | None = None) -> bool:
    if state is not None:
        session.root.setModified(state)
    return session.root.modified()


@main_thread
def undo() -> None:
    journal.undo()


@main_thread
def redo() -> None:
    journal.redo()


@main_thread
def filename(node: Node, i: Any = None) -> str | None:
    """The text of its file knob with what stands in brackets done; %04d stays, unless `i` is nuke.REPLACE."""
    knob_ = node.knob("file")
    if knob_ is None or not knob_.value():
        return None
    return knob_.evaluate() if i == REPLACE else evaluation.text(knob_.value(), session.at(), node)


REPLACE = 1


@main_thread
def expression(s: str) -> float:
    return evaluation.number(s, session.at(), thisNode(), "")


@main_thread
def value(knob: str, default: str | None = None) -> str:
    found = evaluation.knob(knob, thisNode())
    if found is None:
        if default is None:
            raise NameError(f"no such knob: {knob}")
        return default
    return found.evaluate() if hasattr(found, "evaluate") else found._text()  # type: ignore[no-any-return]


@main_thread
def numvalue(knob: str, default: float | None = None) -> float:
    found = evaluation.knob(knob, thisNode())
    if not isinstance(found, Array_Knob):
        if default is None:
            raise NameError(f"no such knob: {knob}")
        return default
    return found._at(session.at(), 0)


@main_thread
def nodeTypes(force_plugin_load: bool = False) -> list[str]:
    return facts.known()


def _make(kind: str, knobs: dict[str, Any], user: bool, text: list[str] | None = None) -> Any:
    with journal.one(f"Create {kind}"):
        node = _script.create(kind, session.group())
        with session.silence():
            for place, above in enumerate(knobs.pop("inputs", ())):
                node.setInput(place, above)
            for name, told in knobs.items():
                _set(node[name], told)
            _writing.read_knobs(node, text or [])
    if user:
        _callbacks.fire("onUserCreate", node)
    if not node._gone():
        _callbacks.fire("onCreate", node)
    return node


def _set(knob: Any, told: Any) -> None:
    """A word for a knob of numbers is what a script would say."""
    if isinstance(told, str) and isinstance(knob, Array_Knob) and not isinstance(knob, Enumeration_Knob):
        knob.fromScript(told)
    else:
        knob.setValue(told)
