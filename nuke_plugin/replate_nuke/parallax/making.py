"""From a plate to a scene: depth where none is connected, the layers, and the scene's files, one after the other.

What `replate_nuke.work` sees is one job, whose end is that of the scene.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nuke

from replate_host import Agent, AgentError, JobHandle
from replate_host.jobs import Callbacks
from replate_host.versions import Version
from replate_nuke.nodes import Node
from replate_nuke.parallax.building import show
from replate_nuke.parallax.options import Options

FILE = "scene.json"
_STEPS = ("depth", "layers", "scene")


def outputs(folder: str, node: Node) -> dict[str, str]:
    """Where a node's scene lies, below the folder of the job's result: one place for each set of options."""
    return {"scene": f"{folder}/{Options.of(node.group).name}/{FILE}"}


def submit(
    agent: Agent, params: dict[str, Any], *, node: Node, version: Version, **callbacks: Callable[..., None]
) -> JobHandle:
    """Asks for all of it. Returns at once."""
    chain = _chain(agent, node, version, callbacks)
    if "depth" in params["inputs"]:
        chain.ask_layers(params)
    else:
        chain.ask_depth(params)
    return chain


def watch(agent: Agent, version: Version, *, node: Node, **callbacks: Callable[..., None]) -> JobHandle:
    """Goes on with a version's job of layers, as after a script was opened again."""
    chain = _chain(agent, node, version, callbacks)
    chain.watch_layers(version.job)
    return chain


def cancel(agent: Agent, handle: JobHandle) -> None:
    """Stops all that is under way."""
    assert isinstance(handle, Chain)
    handle.stop(AgentError("Cancelled", "The scene was cancelled."))


def finished(node: Node, version: Version) -> None:
    """Builds the scene in the node, or brings the one in it up to date."""
    try:
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


class Chain(JobHandle):
    """Depth, layers and scene as one job. Its id is that of the layers, with which it can be gone on with."""

    def __init__(self, agent: Agent, outputs: dict[str, str], wish: dict[str, Any], callbacks: Callbacks) -> None:
        """Asks for nothing yet. `wish` is what the agent's `scene` takes, but for the job."""
        super().__init__(outputs, callbacks=callbacks)
        self._agent, self._wish = agent, wish
        self._parts: dict[str, JobHandle] = {}
        self._scene: int | None = None

    def ask_depth(self, params: dict[str, Any]) -> None:
        """Asks for the plate's depth, and for the layers as soon as the server knows of it."""

        def told(handle: JobHandle) -> None:
            self._heard("depth", handle)
            if handle.id and "layers" not in self._parts and not self.ended:
                depth = {"job": handle.id, "output": "depth"}
                self.ask_layers({**params, "inputs": {**params["inputs"], "depth": depth}})

        self._parts["depth"] = self._agent.submit(
            {
                **params,
                "operation": "depth",
                "model": "",
                "parameters": {},
                "inputs": {"plate": params["inputs"]["plate"]},
                "outputs": {},
                "title": f"{params['title']}.depth",
            },
            on_progress=told,
            on_warning=self._warned,
            on_ended=lambda handle: self._part_ended("depth", handle),
        )

    def ask_layers(self, params: dict[str, Any]) -> None:
        """Asks for the layers, and for the scene as soon as the server knows of them."""
        self._parts["layers"] = self._agent.submit(
            # Their frames come back as a scene, which the agent writes.
            {**params, "outputs": {}},
            on_progress=self._layers_told,
            on_warning=self._warned,
            on_ended=lambda handle: self._part_ended("layers", handle),
        )

    def watch_layers(self, job: str) -> None:
        self._parts["layers"] = self._agent.watch(
            job,
            {},
            on_progress=self._layers_told,
            on_warning=self._warned,
            on_ended=lambda handle: self._part_ended("layers", handle),
        )

    def stop(self, error: AgentError) -> None:
        """Ends all of it for a reason: with a part gone, the others are of no use."""
        if self.ended:
            return
        state = {"Cancelled": "cancelled", "Unavailable": "lost"}.get(error.kind, "failed")
        if self._scene is not None:
            self._agent.withdraw(self._scene)
        if state != "lost":
            for part in self._parts.values():
                if not part.ended:
                    self._agent.cancel(part)
        self.take_end({"state": state, "error": {"kind": error.kind, "message": str(error)}})

    def _layers_told(self, handle: JobHandle) -> None:
        self._heard("layers", handle)
        if handle.id and self._scene is None and not self.ended:
            self.id = handle.id
            self._scene = self._agent.scene(
                {**self._wish, "job": handle.id},
                on_progress=lambda scene: self._heard("scene", scene),
                on_ended=self._written,
            )

    def _heard(self, what: str, handle: JobHandle) -> None:
        """Tells how far all of it is: what is slowest says what happens."""
        if self.ended:
            return
        self._parts.setdefault(what, handle)
        steps = [name for name in _STEPS if name != "depth" or name in self._parts]
        under_way = [self._parts[name] for name in steps if name in self._parts]
        slowest = next((part for part in under_way if not part.ended and part.fraction < 1), under_way[-1])
        done = sum(1.0 if part.state == "done" else part.fraction for part in under_way)
        self.take_progress(
            {
                "state": "running" if slowest.state in ("done", "submitting") else slowest.state,
                "message": slowest.message,
                "fraction": done / len(steps),
                "frames_done": slowest.frames_done,
                "frames_total": slowest.frames_total,
                "seconds_left": slowest.seconds_left,
                "bytes_sent": max(part.bytes_sent for part in under_way),
                "bytes_to_send": max(part.bytes_to_send for part in under_way),
            }
        )

    def _warned(self, handle: JobHandle, text: str) -> None:
        self.take_warning({"message": text})

    def _part_ended(self, what: str, handle: JobHandle) -> None:
        if handle.error is not None:
            self.stop(handle.error)
        elif what == "layers":
            self.recipe = handle.recipe
            self._heard(what, handle)

    def _written(self, path: str, error: AgentError | None) -> None:
        """The scene lies on disk, whole."""
        if error is not None:
            self.stop(error)
        elif not self.ended:
            layers = self._parts["layers"]
            self.take_end({"state": "done", "fraction": 1.0, "message": "", "recipe": layers.recipe})
