"""A scene built in a group, and built again: what came of the scene follows the scene, what the artist changed stays.

What was built last is kept in the group, in the script's own words. A knob that still says what was built is the
scene's; one that says something else is the artist's, and so it is with connections. Nodes that the artist added are
left alone, and nodes of layers that are no more are taken away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nuke

from replate_host.parallax import BUILT, OUTPUT, Control, Node, controls, nodes, record
from replate_host.scene import read_scene
from replate_nuke.nodes.undo import one_step
from replate_nuke.parallax import knobs

_APART = 210
"""Between the Inputs and the scene, in the graph's units: what is sent of them lies there."""

Said = dict[str, str]
"""By knob, what `toScript` says of it."""


@dataclass
class Record:
    """What was built last."""

    controls: Said = field(default_factory=dict)
    """Of the group's own knobs."""
    knobs: dict[str, Said] = field(default_factory=dict)
    """By node."""
    inputs: dict[str, list[str]] = field(default_factory=dict)
    """By node, the names of what it is connected to."""

    @classmethod
    def of(cls, group: nuke.Group) -> Record:
        """Of a group in which nothing was built, or whose record is no record: empty."""
        knob = group.knob(BUILT)
        try:
            found = json.loads(str(knob.value())) if knob is not None else {}
            return cls(found["controls"], found["knobs"], found["inputs"])
        except (ValueError, KeyError, TypeError):
            return cls()

    def keep(self, group: nuke.Group) -> None:
        group[BUILT].setValue(record(self.controls, self.knobs, self.inputs))


def show(group: nuke.Group, path: str) -> None:
    """Builds the scene of a `scene.json` in a group, or brings the one that is there up to date.

    Raises ValueError, in one sentence, for a file that is no scene.
    """
    file = Path(path)
    scene = read_scene(file)
    wanted = nodes(scene, file.parent.as_posix())
    last = Record.of(group)
    with one_step("Parallax"):
        now = Record(_controlled(group, controls(scene, file.as_posix()), last.controls))
        for name in last.knobs.keys() - {node.name for node in (*wanted, OUTPUT)}:
            gone = group.node(name)
            if gone is not None:
                nuke.delete(gone)
        for node in (*wanted, OUTPUT):
            now.knobs[node.name] = _built(group, node, last.knobs.get(node.name))
        if OUTPUT.name not in last.knobs:
            # It may have been there before there was a scene.
            _place(group, group.node(OUTPUT.name), OUTPUT)
        for node in (*wanted, OUTPUT):
            _wire(group, node, last.inputs.get(node.name))
            now.inputs[node.name] = list(node.inputs)
        now.keep(group)
        knobs.swayed(group)


def _controlled(group: nuke.Group, wanted: Sequence[Control], last: Said) -> Said:
    """Gives the group its knobs. What the artist set stays, and so does all of a group that has no record."""
    for name in last.keys() - {control.name for control in wanted}:
        gone = group.knob(name)
        if gone is not None:
            group.removeKnob(gone)
    now: Said = {}
    for control in wanted:
        knob, name = group.knob(control.name), control.name
        kept = False
        if knob is None:
            knob = knobs.added(group, control)
        elif name == "scene" or _unchanged(knob, last.get(name)):
            knobs.put(knob, control)
        else:
            kept = name in last
        if name != BUILT:
            now[name] = last[name] if kept else knob.toScript()
    return now


def _unchanged(knob: nuke.Knob, said: str | None) -> bool:
    return said is not None and knob.toScript() == said


def _built(group: nuke.Group, wanted: Node, last: Said | None) -> Said:
    """A node as the scene has it, but for what the artist changed in it. Gives what is to be remembered of it."""
    node = group.node(wanted.name)
    if node is not None and node.Class() != wanted.kind:
        node, last = _replaced(group, node, wanted), None
    elif node is None:
        node, last = _made(group, wanted), None
    for control in wanted.controls:
        # A later plugin's nodes may have more.
        if node.knob(control.name) is None:
            knobs.added(node, control)
    said = _set(node, wanted.knobs, last)
    _choose(node, wanted.prim)
    return said


def _made(group: nuke.Group, wanted: Node) -> nuke.Node:
    with group:
        node: nuke.Node = getattr(nuke.nodes, wanted.kind)(name=wanted.name)
    _place(group, node, wanted)
    return node


def _place(group: nuke.Group, node: nuke.Node | None, wanted: Node) -> None:
    """Puts a node where the scene has it, below the group's Inputs."""
    lowest = max((each.ypos() + _APART for each in group.nodes() if each.Class() == "Input"), default=0)
    if node is not None:
        node.setXYpos(wanted.place[0], wanted.place[1] + lowest)


def _replaced(group: nuke.Group, old: nuke.Node, wanted: Node) -> nuke.Node:
    """A card where a grid was, or the other way round, at the same place and with the same connections."""
    inputs = [old.input(index) for index in range(old.inputs())]
    hanging = [
        (other, index)
        for other in group.nodes()
        for index in range(other.inputs())
        if _name(other.input(index)) == wanted.name
    ]
    nuke.delete(old)
    node = _made(group, wanted)
    for index, of in enumerate(inputs):
        node.setInput(index, of)
    for other, index in hanging:
        other.setInput(index, node)
    return node


def _set(node: nuke.Node, wanted: Mapping[str, str], last: Said | None) -> Said:
    now: Said = {}
    for name, word in wanted.items():
        knob = node.knob(name)
        if knob is None:
            # A file's reader adds knobs of its own, some not before it has looked at the file.
            node.forceValidate()
            knob = node.knob(name)
        if knob is None:
            nuke.warning(f"{node.fullName()} has no '{name}' in this Nuke: cards instead of grids need the least.")
            continue
        if last is not None and name in last and knob.toScript() != last[name]:
            now[name] = last[name]
            continue
        knob.fromScript(word)
        now[name] = knob.toScript()
    return now


def _choose(node: nuke.Node, prim: str) -> None:
    """Has a reader of USD read what it is for: with its file set by a script it has nothing chosen."""
    graph: Any = node.knob("scene_graph")
    if not prim or graph is None or graph.getSelectedItems():
        return
    if not graph.getItems():
        graph.setItems([(prim, "Mesh")], True)
    graph.setSelectedItems([prim])


def _wire(group: nuke.Group, wanted: Node, last: Sequence[str] | None) -> None:
    """Connects a node as the scene has it; where the artist put something else in between, or beside, it stays."""
    node = group.node(wanted.name)
    if node is None:
        return
    there = [_name(node.input(index)) for index in range(node.inputs())]
    names = list(wanted.inputs)
    if last is not None:
        there += [""] * (len(last) - len(there))
        instead = {was: now for was, now in zip(last, there) if now and now != was}
        names = [instead.get(name, name) for name in names] + there[len(last) :]
    for index in range(max(len(names), node.inputs())):
        name = names[index] if index < len(names) else ""
        if index >= len(there) or there[index] != name:
            node.setInput(index, group.node(name) if name else None)


def _name(node: nuke.Node | None) -> str:
    return "" if node is None else str(node.name())
