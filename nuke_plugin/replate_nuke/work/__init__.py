"""What a node of Replate's does: it sends what feeds it, and shows what comes back.

With a GUI all of it returns at once; without, when it is done. What a render needs, `farm` has there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import nuke

from replate_host import AgentError
from replate_host.versions import Version
from replate_nuke import agent
from replate_nuke.nodes import Node, all_nodes
from replate_nuke.work import farm, folders, record, results
from replate_nuke.work.asking import Wish
from replate_nuke.work.pump import PUMP
from replate_nuke.work.running import Running

__all__ = ["begin", "cancel", "farm", "folders", "preview", "process", "results", "resume", "running", "vary"]


def process(node: Node) -> None:
    """The node's range. Raises `AgentError` for what cannot be asked for."""
    _refuse_twice(node)
    PUMP.add(Running(agent.current(), node, Wish.of(node, node.first, node.last)))


def preview(node: Node, frame: int | None = None) -> None:
    """One frame, the current one unless another is named, before all that waits on the server."""
    number = nuke.frame() if frame is None else frame
    PUMP.add(Running(agent.current(), node, Wish.of(node, number, number, "preview")))


def vary(node: Node, changes: Sequence[Mapping[str, Any]], frame: int | None = None) -> None:
    """One frame for each of several changes, side by side in a sheet; each becomes a version.

    A change is what differs from the node's knobs: {"seed": 3}, or {"strength": 0.25}.
    """
    number = nuke.frame() if frame is None else frame
    found: dict[int, Version] = {}

    def take(index: int, version: Version) -> None:
        found[index] = version
        if len(found) == len(changes):
            from replate_nuke.nodes import sheet

            sheet.show(node, [found[each] for each in range(len(changes))])

    asked = Wish.of(node, number, number, "preview")
    for index, change in enumerate(changes):
        parameters = {**asked.parameters, **{name: value for name, value in change.items() if name != "seed"}}
        wish = replace(asked, parameters=parameters, seed=change.get("seed", asked.seed))
        PUMP.add(Running(agent.current(), node, wish, shows=False, on_version=partial(take, index)))


def cancel(node: Node) -> None:
    """All that is running for the node, now."""
    if not PUMP.cancel(node):
        node.tell("Nothing is running")


def running(node: Node) -> bool:
    return bool(PUMP.of(node))


def resume(node: Node) -> None:
    """Goes on with the jobs that a script was saved, or left, in the middle of."""
    for version in node.versions:
        if version.open and record.jobs(version, nuke.views()) and not PUMP.of(node):
            shown = node.shown()
            shows = shown is not None and shown.number == version.number
            PUMP.add(Running(agent.current(), node, follow=version, shows=shows))


def begin() -> None:
    """Registers what follows the script: once, from the plugin's start."""
    nuke.addBeforeRender(farm.check)
    nuke.addBeforeFrameRender(farm.check_frame)
    if nuke.GUI:
        nuke.addOnScriptLoad(_resume_all)
        nuke.addOnScriptClose(PUMP.leave)
        nuke.addOnDestroy(_deleted, nodeClass="Group")
    else:
        nuke.addOnScriptLoad(farm.prepare_script)


def _resume_all() -> None:
    for node in all_nodes():
        resume(node)


def _deleted() -> None:
    node = Node.of(nuke.thisNode())
    if node is not None:
        PUMP.drop(node)


def _refuse_twice(node: Node) -> None:
    if any(not run.ended for run in PUMP.of(node)):
        raise AgentError("Unmet", "It is being processed already; cancel it first to start anew.")
