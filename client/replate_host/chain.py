"""From a plate to a scene: what the layers lack, the layers, and the scene's files, as one job of a host's."""

from __future__ import annotations

from typing import Any

from .agent import Agent
from .jobs import Callbacks, JobHandle
from .protocol import AgentError

_SCENE = ("layers", "scene")


class Chain(JobHandle):
    """Depth, mattes, layers and scene as one job. Its id is that of the layers, with which it is gone on with."""

    def __init__(self, agent: Agent, outputs: dict[str, str], wish: dict[str, Any], callbacks: Callbacks) -> None:
        """Asks for nothing yet. `wish` is what the agent's `scene` takes, but for the job."""
        super().__init__(outputs, callbacks=callbacks)
        self._agent, self._wish = agent, wish
        self._first: dict[str, dict[str, Any]] = {}
        """By role, what the layers' inputs are made by."""
        self._parts: dict[str, JobHandle] = {}
        self._scene: int | None = None

    def ask(self, params: dict[str, Any]) -> None:
        """Asks for all of it: `params` as `submit` of the layers takes them.

        An input may be one that is to be made of the plate first: `{"operation": "matte", "output": "matte"}`, with
        "model" and "parameters" where they are not the defaults. Without depth, that is made.
        """
        inputs = {"depth": {"operation": "depth", "output": "depth"}, **params["inputs"]}
        self._first = {role: each for role, each in inputs.items() if "operation" in each}
        params = {**params, "inputs": {role: each for role, each in inputs.items() if "operation" not in each}}
        for role, each in self._first.items():
            self._ask_first(role, each, params)
        if not self._first:
            self._ask_layers(params)

    def watch(self, job: str) -> None:
        """Goes on with a job of layers, and writes its scene."""
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
        # Before there are layers there is nothing to go on with.
        away = "lost" if self.id else "failed"
        state = {"Cancelled": "cancelled", "Unavailable": away}.get(error.kind, "failed")
        if self._scene is not None:
            self._agent.withdraw(self._scene)
        if state != "lost":
            # The last first: with its input gone, a job would fail and not be cancelled.
            for part in reversed(list(self._parts.values())):
                if not part.ended:
                    self._agent.cancel(part)
        self.take_end({"state": state, "error": {"kind": error.kind, "message": str(error)}})

    def _ask_first(self, role: str, made: dict[str, Any], params: dict[str, Any]) -> None:
        """Asks for what an input is made by, and for the layers as soon as the server knows of all of those."""

        def told(handle: JobHandle) -> None:
            self._heard(role, handle)
            known = [self._parts[each].id if each in self._parts else "" for each in self._first]
            if all(known) and "layers" not in self._parts and not self.ended:
                outputs = [each["output"] for each in self._first.values()]
                jobs = [{"job": job, "output": output} for job, output in zip(known, outputs)]
                self._ask_layers({**params, "inputs": {**params["inputs"], **dict(zip(self._first, jobs))}})

        self._parts[role] = self._agent.submit(
            {
                **params,
                "operation": made["operation"],
                "model": made.get("model", ""),
                "parameters": made.get("parameters", {}),
                "inputs": {"plate": params["inputs"]["plate"]},
                "outputs": {},
                "title": f"{params.get('title', '')}.{made['operation']}",
            },
            on_progress=told,
            on_warning=self._warned,
            on_ended=lambda handle: self._part_ended(role, handle),
        )

    def _ask_layers(self, params: dict[str, Any]) -> None:
        """Asks for the layers, and for the scene as soon as the server knows of them."""
        self._parts["layers"] = self._agent.submit(
            # Their frames come back as a scene, which the agent writes.
            {**params, "outputs": {}},
            on_progress=self._layers_told,
            on_warning=self._warned,
            on_ended=lambda handle: self._part_ended("layers", handle),
        )

    def _layers_told(self, handle: JobHandle) -> None:
        self.id = handle.id
        self._heard("layers", handle)
        if handle.id and self._scene is None and not self.ended:
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
        steps = (*self._first, *_SCENE)
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
        if handle.state != "done":
            kind = "Cancelled" if handle.state == "cancelled" else "Failed"
            self.stop(handle.error or AgentError(kind, handle.message or f"The job of the {what} ended: ask again."))
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
