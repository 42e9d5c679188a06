"""Operations whose jobs are asked for and shown in a way of their own: Layers, which ends in a 3D scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from replate_host import Agent, JobHandle
from replate_host.versions import Version
from replate_nuke.nodes import Node


class Special(Protocol):
    """What stands in for the agent's own `submit`, `watch` and `cancel`. Callbacks come on the main thread."""

    def outputs(self, folder: str, node: Node) -> dict[str, str]:
        """By name: the files that there are in a result's folder in the end."""

    def submit(
        self, agent: Agent, params: dict[str, Any], *, node: Node, version: Version, **callbacks: Callable[..., None]
    ) -> JobHandle:
        """As `Agent.submit`, at once; its end is that of everything."""

    def watch(self, agent: Agent, version: Version, *, node: Node, **callbacks: Callable[..., None]) -> JobHandle:
        """As `Agent.watch`."""

    def cancel(self, agent: Agent, handle: JobHandle) -> None: ...

    def finished(self, node: Node, version: Version) -> None:
        """Shows what lies in the files."""


def of(node: Node) -> Special | None:
    """None for what the agent's own methods do."""
    if node.operation != "layers":
        return None
    from replate_nuke.parallax import making

    found: Special = making
    return found


def does_without(node: Node, label: str) -> bool:
    """Whether an input that the server needs is made on the way."""
    return node.operation == "layers" and label == "Depth"
