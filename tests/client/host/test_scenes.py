"""A host has the scene of its layers written, and never sees half of one."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from replate.depth import Depth
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import PlateWriter
from replate.scene import Kind, read_scene
from replate_host import Agent, AgentError, JobHandle, telling
from serving import Studio, serving

COMMAND = (sys.executable, "-m", "replate.agent")
WINDOW = Box(0, 0, 64, 48)
NUMBERS = (1001, 1002, 1003)


class Server(Protocol):
    address: str


@pytest.fixture(scope="module")
def agent(server: Server) -> Iterator[Agent]:
    agent = Agent(COMMAND, address=server.address)
    yield agent
    agent.close()


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A plate, in.####.exr, and its depth, z.####.exr: a disc before a wall."""
    noise, (y, x) = np.random.default_rng(), np.mgrid[:48, :64]
    near = np.hypot(x - 30, y - 24) < 14
    plate, depth = PlateWriter(tmp_path / "in.####.exr"), PlateWriter(tmp_path / "z.####.exr")
    meaning = Depth(metric=True, inverse=True, near=4.0, far=10.0, focal=80.0)
    for number in NUMBERS:
        colour = FrameSpec(number, WINDOW, WINDOW, ("R", "G", "B", "A"), PixelType.HALF, "ACEScg")
        pixels = noise.random((48, 64, 4), np.float32).astype(np.float16)
        pixels[:, :, 3] = 1
        plate.write(Frame(colour, pixels))
        data = FrameSpec(number, WINDOW, WINDOW, ("depth.Z",), PixelType.FLOAT, DATA, depth=meaning)
        depth.write(Frame(data, np.where(near, 1 / 4, 1 / 10)[:, :, None].astype(np.float32)))
    return tmp_path


def layers(shot: Path, plate: dict[str, Any] | None = None) -> dict[str, Any]:
    """The params of a job."""
    return {
        "operation": "layers",
        "model": "layers/patch",
        "inputs": {
            "plate": plate or {"path": str(shot / "in.####.exr"), "colour_space": "ACEScg"},
            "depth": {"path": str(shot / "z.####.exr"), "channels": ["depth.Z"], "colour_space": "data"},
        },
        "title": "sh010",
    }


def submitted(agent: Agent, params: dict[str, Any]) -> JobHandle:
    handle = agent.submit(params)
    while not handle.id and not handle.ended:
        agent.drain()
    assert handle.id, handle.message
    return handle


def ended(agent: Agent, told: queue.SimpleQueue[Any]) -> Any:
    while told.empty():
        agent.drain()
    return told.get()


def test_a_scene_is_written_as_its_frames_come(agent: Agent, shot: Path) -> None:
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    news: list[tuple[int, int, str]] = []
    handle = submitted(agent, layers(shot))
    agent.scene(
        {"job": handle.id, "folder": str(shot / "scene"), "kind": "card", "offset": [1, -0.5], "fps": 25},
        on_progress=lambda far: news.append((far.frames_done, far.frames_total, telling.job(far))),
        on_ended=lambda path, error: told.put((path, error)),
    )
    path, error = ended(agent, told)
    assert error is None
    assert path == (shot / "scene" / "scene.json").as_posix()
    scene = read_scene(path)
    assert (scene.title, scene.first, scene.last, scene.fps, scene.metric) == ("sh010", 1001, 1003, 25.0, True)
    assert scene.camera.offset == (1.0, -0.5) and scene.camera.focal == pytest.approx(80.0 * 36.0 / 64.0)
    assert {layer.kind for layer in scene.layers} == {Kind.CARD}
    for layer in scene.layers:
        for number in NUMBERS:
            assert (shot / "scene" / layer.picture.replace("####", str(number))).is_file()
    assert news[-1][:2] == (3, 3)
    assert [done for done, _, _ in news] == sorted(done for done, _, _ in news)
    assert news[-1][2].startswith("3 of 3 frames")
    # Once more, of a job that is done, and in the way that a script asks.
    again = agent.call("scene", {"job": handle.id, "folder": str(shot / "again"), "title": "mine"})
    assert again["layers"] == [layer.name for layer in scene.layers]
    assert read_scene(again["scene"]).title == "mine" and read_scene(again["scene"]).layers[0].kind is Kind.GRID


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"job": "nothing"}, "There is no job nothing"),
        ({"folder": "scene"}, "'folder' must be a whole path"),
        ({"kind": "cube"}, "'kind' must be one of card, grid"),
        ({"focal": "35"}, "'focal' must be a number"),
        ({"focal": 0}, "give a length over 0"),
        ({"offset": [1]}, "'offset' must be two numbers"),
        ({"offset": [1, None]}, "'offset' must be two numbers"),
        ({"cells": 9999}, "give 1 to 4096"),
        ({"fps": -1}, "give a number over 0"),
    ],
)
def test_what_makes_no_scene_is_refused_in_a_sentence(
    change: dict[str, Any], said: str, agent: Agent, shot: Path
) -> None:
    handle = submitted(agent, layers(shot))
    with pytest.raises(AgentError, match=said):
        agent.call("scene", {"job": handle.id, "folder": str(shot / "scene"), **change})
    assert not (shot / "scene").exists()


def test_another_jobs_frames_are_no_scene(agent: Agent, shot: Path) -> None:
    plate = {"plate": {"path": str(shot / "in.####.exr")}}
    handle = submitted(agent, {"operation": "identity", "inputs": plate})
    with pytest.raises(AgentError, match="gives no 'layers'; it gives plate"):
        agent.call("scene", {"job": handle.id, "folder": str(shot / "scene")})


def test_a_scene_that_is_withdrawn_or_fails_leaves_none_behind(shot: Path, tmp_path: Path) -> None:
    studio = Studio.install(tmp_path)
    gate = studio.gate("held")
    whole, told = shot / "scene" / "scene.json", queue.SimpleQueue[Any]()
    with serving(tmp_path / "data", settings=studio.settings) as server:
        agent = Agent(COMMAND, address=server.address)
        agent.wait(agent.submit(layers(shot)), 60)
        params = {"job": agent.call("jobs")[0]["job"], "folder": str(shot / "scene")}
        agent.call("scene", params)
        assert whole.is_file()
        # The layers of a plate that a gate holds: their first frame never comes.
        picture = {"path": str(shot / "in.####.exr"), "colour_space": "ACEScg"}
        style = {"path": str(shot / "in.1001.exr"), "colour_space": "ACEScg"}
        held = submitted(
            agent,
            {
                "operation": "restyle",
                "model": "restyle/invert",
                "parameters": gate.parameters,
                "inputs": {"plate": picture, "style": style},
            },
        )
        handle = submitted(agent, layers(shot, {"job": held.id, "output": "plate"}))
        params = {"job": handle.id, "folder": str(shot / "scene")}

        def ask() -> int:
            return agent.scene(
                params,
                on_progress=lambda far: told.put(far.frames_done),
                on_ended=lambda path, error: told.put((path, error and error.kind)),
            )

        request = ask()
        assert ended(agent, told) == 0
        with pytest.raises(AgentError, match="A scene is being written to"):
            agent.call("scene", params)
        assert not whole.exists()
        agent.withdraw(request)
        while (said := ended(agent, told)) == 0:
            continue
        assert said == ("", "Cancelled")
        ask()
        assert ended(agent, told) == 0
        agent.cancel(handle)
        while (said := ended(agent, told)) == 0:
            continue
        assert said == ("", "Cancelled")
        assert not whole.exists()
        gate.open()
        agent.close()
