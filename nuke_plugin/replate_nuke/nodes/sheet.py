"""Versions of one frame side by side, to choose from: a Group beside the node, with nothing in it but Nuke's own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import nuke

from replate_host.versions import Version
from replate_nuke.nodes import inside, variations
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import unrecorded


def show(node: Node, versions: Sequence[Version]) -> nuke.Group:
    """The sheet of a node's versions, from left to right and then down; made once, and filled anew."""
    with unrecorded():
        sheet = _sheet(node)
        for old in sheet.nodes():
            nuke.delete(old)
        with sheet:
            reads = [_read(node, version, index) for index, version in enumerate(versions)]
            columns = math.ceil(math.sqrt(len(reads)))
            rows = math.ceil(len(reads) / columns)
            format = _format(node)
            contact = nuke.nodes.ContactSheet(name="sheet", xpos=0, ypos=3 * inside.STEP)
            for index, read in enumerate(reads):
                contact.setInput(index, read)
            for knob, number in (
                ("columns", columns),
                ("rows", rows),
                ("width", columns * format.width()),
                ("height", rows * format.height()),
            ):
                contact[knob].setValue(number)
            contact["roworder"].setValue("TopBottom")
            nuke.nodes.Output(name="Output1", xpos=0, ypos=4 * inside.STEP).setInput(0, contact)
        tiles = [f"{each.number}: {said}" for each, said in zip(versions, variations.differences(versions))]
        lines = ["   ".join(tiles[row * columns : (row + 1) * columns]) for row in range(rows)]
        sheet["label"].setValue("\n".join(lines))
    return sheet


def _sheet(node: Node) -> nuke.Group:
    parent, name = node.group.parent(), f"{node.group.name()}_sheet"
    found = parent.node(name)
    if isinstance(found, nuke.Group):
        return found
    with parent:
        made = nuke.nodes.Group(name=name, xpos=node.group.xpos() + 2 * inside.STEP, ypos=node.group.ypos())
    made["help"].setValue("Variations to choose from: the version of that number is in the node's menu.")
    return made


def _read(node: Node, version: Version, index: int) -> nuke.Node:
    read = nuke.nodes.Read(name=f"version_{version.number}", xpos=index * inside.STEP, ypos=0)
    output = node.outputs()[0].name
    read["file"].setValue(inside.for_nuke(version.outputs.get(output, "")))
    for knob, frame in (("first", version.first), ("last", version.last)):
        read[knob].setValue(frame)
    read["raw"].setValue(True)
    # Tiles fill as results come.
    read["on_error"].setValue("black")
    # The sheet is looked at while the playhead goes on.
    read["before"].setValue("hold")
    read["after"].setValue("hold")
    return read


def _format(node: Node) -> nuke.Format:
    source = node.group.input(0)
    return source.format() if source is not None else nuke.root()["format"].value()
