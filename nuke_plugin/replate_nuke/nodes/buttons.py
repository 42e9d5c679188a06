"""What a node's buttons do. What goes wrong stands in the node's status line, in one sentence."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nuke

from replate_host import AgentError
from replate_host.catalog import Catalog
from replate_nuke import work
from replate_nuke.nodes import build, cards, choices, keyframe, panel, reveal, variations
from replate_nuke.nodes.later import later
from replate_nuke.nodes.node import GONE, Node


def press(button: str) -> None:
    """A button of the node that Nuke calls just now was pressed."""
    node = Node.of(nuke.thisNode())
    if node is not None:
        act(node, button)


def act(node: Node, button: str) -> None:
    """What a button does, by its knob's name; for scripts, too."""
    handle = re.fullmatch(r"p_(\w+?)_(?:add_(point|box)|(\d+)_remove)", button)
    if button in _ACTS:
        guarded(node, lambda: _ACTS[button](node))
    elif handle and handle[2]:
        later(lambda: guarded(node, lambda: panel.add(node, handle[1], handle[2] == "box")))
    elif handle:
        later(lambda: guarded(node, lambda: panel.remove(node, button[: -len("_remove")])))


def guarded(node: Node, act: Callable[[], None]) -> None:
    """Does something for a node, and tells in it what went wrong: nothing of ours is raised into Nuke."""
    try:
        act()
    except Exception as error:
        # The node itself may be gone by now.
        with suppress(*GONE):
            node.tell(str(error) if isinstance(error, AgentError) else fault(error))


def fault(error: Exception) -> str:
    """A fault of Replate's own, in a sentence that says where."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"Replate has a fault: {type(error).__name__}, {error} ({Path(place.filename).name}, line {place.lineno}); "
        "report this to whoever looks after it."
    )


def _vary(node: Node) -> None:
    count = max(2, int(node.group["variations"].value()))
    parameters = choices.parameters(node.card, node.chosen)
    work.vary(node, variations.changes(parameters, str(node.group["vary_by"].value()), count, node.seed))


def _refresh(node: Node) -> None:
    def take(catalog: Catalog) -> None:
        panel.refresh(node, catalog)
        node.tell(f"This is what the server can do; it runs Replate {catalog.version}.")

    node.tell("Asking the server")
    cards.ask_aside(lambda catalog: guarded(node, lambda: take(catalog)), node.tell)


def _use_settings(node: Node) -> None:
    version = node.shown()
    if version is None:
        raise AgentError("BadRequest", "Choose a version first.")
    later(lambda: guarded(node, lambda: panel.use(node, version)))


_ACTS: dict[str, Callable[[Node], None]] = {
    "refresh": _refresh,
    "range_of_input": build.take_range,
    "preview": lambda node: work.preview(node, nuke.frame()),
    "process": lambda node: work.process(node),
    "cancel": lambda node: work.cancel(node),
    "vary": _vary,
    "use_settings": _use_settings,
    "reveal": reveal.reveal,
    "keyframe": keyframe.freeze,
}
"""By the button's name."""
