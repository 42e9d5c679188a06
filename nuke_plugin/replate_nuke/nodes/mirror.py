"""What a node's panel says of its own knobs: at which preset they stand, and what the model is told."""

from __future__ import annotations

import textwrap

from replate_nuke.nodes import presets
from replate_nuke.nodes.controls import TOLD
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import unrecorded

_LETTERS = 72
"""Of a line: Nuke widens a panel to what is written in it."""


def mirror(node: Node) -> None:
    """To be called whenever knobs were set."""
    presets.mirror(node)
    knob, chosen = node.group.knob(TOLD), node.chosen
    if knob is None or chosen is None:
        return
    told = chosen.prompt(node.parameters())
    with unrecorded():
        # Without a word in it, Nuke draws a line.
        knob.setValue("\n".join(textwrap.wrap(told, _LETTERS)) or "Nothing yet.")
