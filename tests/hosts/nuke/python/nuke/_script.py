"""Scripts: opened, saved, pasted, cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import nk
import told

from nuke import _callbacks, _formats, _writing
from nuke import _version as version
from nuke._groups import KINDS, Group, Root
from nuke._nodes import Node
from nuke._session import LAYERS, main_thread, session
from nuke._undo import journal


@main_thread
def scriptOpen(filename: str) -> None:
    """The script that is open is closed first."""
    text = Path(filename).read_text(encoding="utf-8")
    scriptClear()
    read(text, into=session.root, name=str(filename).replace("\\", "/"))
    _loaded()


@main_thread
def scriptSave(filename: str | None = None) -> bool:
    """Into the script's own file, or a copy into another."""
    path = filename or session.root["name"].value()
    if not path:
        raise RuntimeError("nuke.scriptSave: the script has no name yet, and nobody is asked for one here")
    _callbacks.fire("onScriptSave", session.root)
    Path(path).write_text(_writing.script(version.TEXT), encoding="utf-8")
    if path == session.root["name"].value():
        session.root.setModified(False)
    return True


@main_thread
def scriptSaveAs(filename: str | None = None, overwrite: int = -1) -> None:
    if not filename:
        raise RuntimeError("nuke.scriptSaveAs: nobody is asked for a name here")
    there = Path(filename).exists() and overwrite != 1
    refused = overwrite == 0 or not session.gui
    if there and (refused or not told.answered("ask", f"Overwrite {filename}?")):
        raise RuntimeError(f"{filename} is there already")
    session.root["name"].setValue(str(filename).replace("\\", "/"))
    scriptSave()


@main_thread
def scriptSaveToTemp(text: str = "") -> str:
    raise NotImplementedError("nuke.scriptSaveToTemp")


@main_thread
def scriptClear(ignoreUnsavedChanges: bool = True) -> None:
    """Closes the script: an empty one is left."""
    if session.root is not None:
        _callbacks.fire("onScriptClose", session.root)
        for node in session.root._walk():
            _callbacks.fire("onDestroy", node)
        for node in session.root._walk():
            node._deleted = True
        session.root._deleted = True
    fresh()


@main_thread
def scriptClose(filename: str = "") -> bool:
    scriptClear()
    return True


@main_thread
def scriptNew(filename: str = "") -> None:
    scriptClear()


@main_thread
def scriptReadText(text: str) -> None:
    """Nodes from text, into the group one is in."""
    made = read(text, into=session.group())
    _created(made)


@main_thread
def scriptReadFile(filename: str) -> None:
    scriptReadText(Path(filename).read_text(encoding="utf-8"))


scriptSource = scriptReadFile


@main_thread
def scriptName() -> str:
    name = str(session.root["name"].value())
    if not name:
        raise RuntimeError("The script has no name")
    return name


@main_thread
def nodeCopy(s: str) -> None:
    """What is selected in this group, into a file (or the clipboard: "%clipboard%")."""
    nodes = [each for each in session.group()._nodes if each.isSelected()]
    if not nodes:
        raise RuntimeError("Nothing is selected")
    text = _writing.copied(nodes, version.TEXT)
    if s == "%clipboard%":
        _clipboard[:] = [text]
    else:
        Path(s).write_text(text, encoding="utf-8")


@main_thread
def nodePaste(s: str) -> Node | None:
    """What a file (or the clipboard) holds, below what is selected; it is selected then. Gives the last node."""
    text = _clipboard[0] if s == "%clipboard%" else Path(s).read_text(encoding="utf-8")
    group = session.group()
    below = next((each for each in group.nodes() if each.isSelected()), None)
    for node in group._nodes:
        node.setSelected(False)
    made = read(text, into=group, below=below)
    for node in made:
        if node._group is group:
            node.setSelected(True)
    _created(made)
    return next((each for each in reversed(made) if each._group is group), None)


def fresh() -> None:
    """An empty script."""
    with session.silence():
        session.root = Root()
    session.begun.clear()
    session.hit = None
    session.layers = dict(LAYERS)
    session.current = 1.0
    _formats.reset()
    journal.clear()


def read(text: str, into: Group, name: str | None = None, below: Node | None = None) -> list[Node]:
    """Nodes of a script's text; with a name it is the whole script, root and all.

    Raises `nk.ScriptError`, and `NameError` or `ValueError` for knobs and values that Nuke does not have.
    """
    outside = nk.Node(below.Class(), {"name": below.name()}) if below is not None else None
    script = nk.loads(text, outside)
    made: dict[nk.Node, Node] = {}
    if outside is not None and below is not None:
        made[outside] = below
    with session.silence(), journal.paused():
        for layer, channels in script.layers.items():
            session.layers.setdefault(layer, channels)
        if name is not None:
            _writing.read_knobs(session.root, [word for pair in script.root.knobs.items() for word in pair])
            session.root["name"].fromScript(name)
            session.current = float(session.root["frame"].value())
        nodes = _made(script.root.children, into, made)
    outer = [node for node in nodes if node._group is into]
    journal.record(lambda: _all(_remove, outer), lambda: _all(_put, outer))
    return nodes


def create(kind: str, group: Group) -> Node:
    """A new node in a group, with a name of its own; nobody is told yet."""
    node = KINDS.get(kind, Node)(kind, group)
    with session.silence(), journal.paused():
        node["name"].fromScript(f"{node._facts.stem}1")
        node.setXYpos(0, 0)
        if kind == "Input":
            node["number"].setValue(len(group._pins()))
        _put(node)
    journal.record(lambda: _remove(node), lambda: _put(node))
    return node


def remove(node: Node) -> None:
    """Deletes it: what hung on it hangs on its first input then."""
    group = node._group
    if group is None:
        raise ValueError("the root is not deleted")
    for each in [node, *(node._walk() if isinstance(node, Group) else [])]:
        _callbacks.fire("onDestroy", each)
    with journal.one(f"Delete {node.name()}"):
        for other in list(group._nodes):
            for place, above in enumerate(other._inputs):
                if above is node:
                    other.setInput(place, node.input(0))
        _remove(node)
        journal.record(lambda: _put(node), lambda: _remove(node))


def _made(told_: Iterable[nk.Node], group: Group, made: dict[nk.Node, Node]) -> list[Node]:
    nodes: list[Node] = []
    for each in told_:
        node = KINDS.get(each.kind, Node)(each.kind, group)
        node.setXYpos(0, 0)
        made[each] = node
        _writing.define(node, each.user)
        words = [word for pair in each.knobs.items() if pair[0] != "name" for word in pair]
        _writing.read_knobs(node, words)
        node["name"].fromScript(each.name or f"{node._facts.stem}1")
        group._nodes.append(node)
        nodes.append(node)
        if isinstance(node, Group):
            nodes += _made(each.children, node, made)
        for place, above in enumerate(each.inputs):
            if above is not None:
                node.setInput(place, made[above])
    return nodes


def _created(nodes: list[Node]) -> None:
    for node in nodes:
        if not node._gone():
            _callbacks.fire("onCreate", node)


def _loaded() -> None:
    _created(session.root._walk())
    _callbacks.fire("onCreate", session.root)
    _callbacks.fire("onScriptLoad", session.root)
    session.root.setModified(False)


def _all(act: Callable[[Node], None], nodes: list[Node]) -> None:
    for node in nodes:
        act(node)


def _put(node: Node) -> None:
    assert node._group is not None
    node._group._nodes.append(node)
    for each in [node, *(node._walk() if isinstance(node, Group) else [])]:
        each._deleted = False
    session.root._touch()


def _remove(node: Node) -> None:
    inside = node._walk() if isinstance(node, Group) else []
    assert node._group is not None
    node._group._nodes.remove(node)
    for each in [node, *inside]:
        each._deleted = True
    session.root._touch()


_clipboard: list[str] = []
