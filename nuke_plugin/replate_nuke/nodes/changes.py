"""What follows when the artist changes a knob of a node."""

from __future__ import annotations

from collections.abc import Callable

import nuke

from replate_host import telling
from replate_nuke import work
from replate_nuke.nodes import panel, presets, rules, undo
from replate_nuke.nodes.buttons import guarded
from replate_nuke.nodes.controls import PRESET, knob_name
from replate_nuke.nodes.later import later
from replate_nuke.nodes.mirror import mirror
from replate_nuke.nodes.node import Node


def begin() -> None:
    """Listens to all Groups; those that are not Replate's are let be."""
    nuke.addKnobChanged(_changed, nodeClass="Group")


def look_at(node: Node) -> None:
    """Shows the version that is chosen in the menu."""
    version = node.shown()
    frames = work.results.frames_there(version) if version is not None else ()
    node.show(version, frames)
    if version is None:
        node.tell("")
        return
    if rules.of(node.operation).scene and version.outputs.get("scene"):
        from replate_nuke import parallax

        parallax.show(node.group, version.outputs["scene"])
    gone = version.last - version.first + 1 - len(frames)
    told = list(version.warnings)
    if gone and not version.open:
        told.append(f"{gone} of its frames are not on disk: process the range to have them")
    node.tell("; ".join(told))


def _changed() -> None:
    name = str(nuke.thisKnob().name())
    follow = mirror if name.startswith(knob_name("")) else _FOLLOW.get(name)
    if follow is None or not undo.by_artist():
        return
    node = Node.of(nuke.thisNode())
    if node is not None:
        guarded(node, lambda: follow(node))


def _model(node: Node) -> None:
    chosen = node.chosen
    if chosen is not None and chosen.unavailable_reason:
        node.tell(chosen.unavailable_reason)
    elif chosen is not None and chosen.bytes_to_fetch:
        node.tell(f"Its first job fetches {telling.size(chosen.bytes_to_fetch)} of weights")
    else:
        node.tell("")
    later(lambda: guarded(node, lambda: panel.swap(node)))


def _preset(node: Node) -> None:
    presets.take(node)
    mirror(node)


_FOLLOW: dict[str, Callable[[Node], None]] = {"model": _model, "version": look_at, PRESET: _preset}
"""By the knob's name."""
