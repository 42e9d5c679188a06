"""From a plate to a scene: depth where none is connected, the layers, and the scene's files, one after the other.

What `replate_nuke.work` sees is one job, whose end is that of the scene.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nuke

from replate_host import Agent, AgentError, JobHandle
from replate_host.chain import Chain
from replate_host.jobs import Callbacks
from replate_host.versions import Version
from replate_nuke.nodes import Node
from replate_nuke.nodes.undo import unrecorded
from replate_nuke.parallax.building import show
from replate_nuke.parallax.options import Options

FILE = "scene.json"


def outputs(folder: str, node: Node) -> dict[str, str]:
    """Where a node's scene lies, below the folder of the job's result: one place for each set of options."""
    return {"scene": f"{folder}/{Options.of(node.group).name}/{FILE}"}


def submit(
    agent: Agent, params: dict[str, Any], *, node: Node, version: Version, **callbacks: Callable[..., None]
) -> JobHandle:
    """Asks for all of it. Returns at once."""
    chain = _chain(agent, node, version, callbacks)
    chain.ask(params)
    return chain


def watch(agent: Agent, version: Version, *, node: Node, **callbacks: Callable[..., None]) -> JobHandle:
    """Goes on with a version's job of layers, as after a script was opened again."""
    chain = _chain(agent, node, version, callbacks)
    chain.watch(version.job)
    return chain


def cancel(agent: Agent, handle: JobHandle) -> None:
    """Stops all that is under way."""
    assert isinstance(handle, Chain)
    handle.stop(AgentError("Cancelled", "The scene was cancelled."))


def finished(node: Node, version: Version) -> None:
    """Builds the scene in the node, or brings the one in it up to date."""
    try:
        # It came, and is no act of the artist's to be taken back.
        with unrecorded():
            show(node.group, version.outputs["scene"])
    except ValueError as error:
        raise AgentError("Failed", str(error)) from None


def _chain(agent: Agent, node: Node, version: Version, callbacks: dict[str, Callable[..., None]]) -> Chain:
    told = Callbacks(**{name[3:]: callback for name, callback in callbacks.items()})
    wish = {
        "folder": version.outputs["scene"].rsplit("/", 1)[0],
        "title": node.name,
        "fps": float(nuke.root()["fps"].getValue()),
        **Options.of(node.group).as_json(),
    }
    return Chain(agent, dict(version.outputs), wish, told)
