"""A plate becomes a scene as one job of the host's: depth, layers and files end together."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from client.host.test_scenes import COMMAND, layers, shot, submitted
from replate.scene import Kind, read_scene
from replate_host import Agent, AgentError, JobHandle
from replate_host.chain import Chain
from replate_host.jobs import Callbacks
from serving import Studio, serving

__all__ = ["shot"]

PATIENCE = 60.0
"""Seconds for what takes one, on a machine with much else to do."""


def test_one_handle_for_all_of_it_and_none_of_it_left_when_it_ends_early(shot: Path, tmp_path: Path) -> None:
    studio = Studio.install(tmp_path)
    gate = studio.gate("held")
    with serving(tmp_path / "data", settings=studio.settings) as server:
        agent = Agent(COMMAND, address=server.address)
        becomes_a_scene(agent, shot)
        picture = {"path": str(shot / "in.####.exr"), "colour_space": "ACEScg"}
        held = submitted(
            agent,
            {
                "operation": "restyle",
                "model": "restyle/invert",
                "parameters": gate.parameters,
                "inputs": {"plate": picture, "style": {**picture, "frames": "1001"}},
            },
        )
        # Its first frame never comes, and neither does its depth.
        params = {**layers(shot), "inputs": {"plate": {"job": held.id, "output": "plate"}}, "title": "held"}

        chain, told = asked(agent, shot / "cancelled", params)
        until(agent, lambda: bool(chain.id))
        chain.stop(AgentError("Cancelled", "Enough."))
        assert (chain.state, told) == ("cancelled", ["ended"])
        # A job whose input was cancelled before it fails of that.
        until(agent, lambda: standing(agent)["held"] in ("cancelled", "failed"))
        until(agent, lambda: standing(agent)["held.depth"] == "cancelled")

        chain, told = asked(agent, shot / "refused", {**params, "model": "layers/none", "title": "refused"})
        until(agent, lambda: chain.ended)
        assert (chain.state, told) == ("failed", ["ended"])
        assert chain.error is not None and "layers/none" in str(chain.error)
        until(agent, lambda: standing(agent)["refused.depth"] == "cancelled")
        assert list(shot.glob("*/scene.json")) == [shot / "scene" / "scene.json"]
        gate.open()
        agent.close()


def becomes_a_scene(agent: Agent, shot: Path) -> None:
    chain, told = asked(agent, shot / "scene", layers(shot), kind="card", focal=50.0)
    far: list[float] = []
    chain.callbacks.progress = lambda handle: far.append(handle.fraction)
    until(agent, lambda: chain.ended)
    assert (chain.state, chain.error, told) == ("done", None, ["ended"])
    assert far == sorted(far) and chain.fraction == 1.0 and 0 <= far[0] < 1
    scene = read_scene(shot / "scene")
    assert scene.camera.focal == 50.0 and {layer.kind for layer in scene.layers} == {Kind.CARD}
    assert "layers/patch" in chain.recipe
    # By its id it is gone on with, and the scene written again.
    (shot / "scene" / "scene.json").unlink()
    again = Chain(agent, {}, {"folder": str(shot / "scene")}, Callbacks())
    again.watch(chain.id)
    until(agent, lambda: again.ended)
    assert again.state == "done" and read_scene(shot / "scene").layers[0].kind is Kind.GRID


def asked(agent: Agent, folder: Path, params: dict[str, Any], **wish: Any) -> tuple[Chain, list[str]]:
    told: list[str] = []

    def ended(handle: JobHandle) -> None:
        told.append("ended")

    chain = Chain(agent, {}, {"folder": str(folder), **wish}, Callbacks(ended=ended))
    chain.ask(params)
    return chain, told


def standing(agent: Agent) -> dict[str, str]:
    """The newest job of each title, and its state."""
    return {job["title"]: job["state"] for job in reversed(agent.call("jobs"))}


def until(agent: Agent, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, standing(agent)
        agent.drain()
