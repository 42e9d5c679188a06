"""A new node: a Group of any operation, built from the catalog alone."""

from __future__ import annotations

from typing import cast

import nuke

from replate_host import AgentError
from replate_host.catalog import Catalog, Operation
from replate_nuke.nodes import inside, panel, rules
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.place import worked_in
from replate_nuke.nodes.undo import one_step


def takes_a_plate(operation: Operation) -> bool:
    """Whether an operation is a node: something comes in on its left and goes out changed, or with more."""
    return bool(operation.inputs) and operation.inputs[0].name == "plate"


def title(operation: Operation) -> str:
    """What its node is called."""
    return rules.of(operation.name).title or operation.label


def build(catalog: Catalog, name: str) -> Node:
    """A node of an operation, behind the selected node, in the group that is worked in.

    Raises `AgentError` where the catalog has no such operation.
    """
    card = catalog.part(name)
    if not card.operations:
        raise AgentError("NotFound", f"The server has no operation '{name}': ask whoever looks after it.")
    operation, rule = card.operations[0], rules.of(name)
    with worked_in(), one_step(f"Create {title(operation)}"):
        selected = nuke.selectedNodes()
        group = cast(nuke.Group, nuke.createNode("Group", inpanel=False))
        group.setName(f"{title(operation)}1", uncollide=True)
        group["tile_color"].setValue(rule.tile)
        group["icon"].setValue(rule.icon)
        group["label"].setValue("[value model]")
        group["help"].setValue(operation.tooltip)
        panel.first(group, card)
        inside.build(group, operation)
        if rule.scene:
            from replate_nuke import parallax

            parallax.prepare(group)
        node = Node(group)
        if selected:
            group.setInput(0, selected[0])
        take_range(node)
    if nuke.GUI:
        group.showControlPanel()
    return node


def take_range(node: Node) -> None:
    """Sets the range to that of what is connected, or else of the script."""
    source = node.group.input(0) or nuke.root()
    node.group["first"].setValue(int(source.firstFrame()))
    node.group["last"].setValue(int(source.lastFrame()))
