"""The host is never blocked, never surprised by an exception, and loses no job with its agent."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest

import replate
from replate.errors import Unavailable
from replate.frame import Frame
from replate.media import Plate, open_plate, write_frame
from replate.results import AWAY
from replate_host import Agent, AgentError, JobHandle, WrittenFrame
from replate_host.environment import agent_command, clean_environment
from serving import Studio, serving, until

MakeFrames = Callable[..., list[Frame]]
COMMAND = (sys.executable, "-m", "replate.agent")


class Server(Protocol):
    address: str


class OwnServer(Server, Protocol):
    def kill(self) -> None: ...
    def start(self) -> object: ...


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def agent(server: Server, notices: list[str]) -> Iterator[Agent]:
    agent = Agent(COMMAND, address=server.address, on_notice=notices.append)
    yield agent
    agent.close()


def params(folder: Path, frames: list[Frame]) -> dict[str, Any]:
    for frame in frames:
        write_frame(folder / f"in.{frame.spec.number:04d}.exr", frame)
    return {
        "operation": "identity",
        "inputs": {"plate": {"path": (folder / "in.####.exr").as_posix()}},
        "outputs": {"plate": (folder / "out.####.exr").as_posix()},
    }


def test_submitting_does_not_wait_for_anything(agent: Agent, make_frames: MakeFrames, tmp_path: Path) -> None:
    handle = agent.submit(params(tmp_path, make_frames()))
    assert handle.state == "submitting" and not handle.id
    assert agent.wait(handle, 60).state == "done"
    assert handle.id and handle.recipe
    assert [frame.number for frame in handle.frames] == [1001, 1002, 1003, 1004]


def test_callbacks_run_where_the_host_drains(agent: Agent, make_frames: MakeFrames, tmp_path: Path) -> None:
    threads: set[threading.Thread] = set()
    states: list[str] = []

    def note(handle: JobHandle, *_: Any) -> None:
        threads.add(threading.current_thread())
        states.append(handle.state)

    handle = agent.submit(
        params(tmp_path, make_frames()), on_progress=note, on_frame=note, on_warning=note, on_ended=note
    )
    agent.wait(handle, 60)
    assert threads == {threading.current_thread()}
    assert states[-1] == "done"


def test_a_callback_that_raises_harms_nothing(
    agent: Agent, notices: list[str], make_frames: MakeFrames, tmp_path: Path
) -> None:
    ended: list[str] = []

    def fail(handle: JobHandle, frame: WrittenFrame) -> None:
        raise RuntimeError("the node is gone")

    handle = agent.submit(
        params(tmp_path, make_frames()), on_frame=fail, on_ended=lambda handle: ended.append(handle.state)
    )
    agent.wait(handle, 60)
    assert ended == ["done"]
    assert notices == ["A callback of the host failed (RuntimeError: the node is gone)."] * 4


def test_a_refusal_ends_the_handle(agent: Agent) -> None:
    handle = agent.submit({"operation": "fly", "inputs": {}})
    with pytest.raises(AgentError, match="fly") as raised:
        agent.wait(handle, 60)
    assert raised.value.kind == "NotFound"
    assert handle.state == "failed" and handle.message == str(raised.value)


def test_an_agent_that_dies_is_started_again_and_the_job_watched_on(
    agent: Agent, notices: list[str], make_frames: MakeFrames, tmp_path: Path
) -> None:
    frames = make_frames(range(1, 41), 640, 360)

    def kill_once(handle: JobHandle, frame: WrittenFrame) -> None:
        if len(handle.frames) == 2 and agent.pid is not None:
            psutil.Process(agent.pid).kill()

    handle = agent.submit(params(tmp_path, frames), on_frame=kill_once)
    agent.wait(handle, 120)
    assert [frame.number for frame in handle.frames] == [frame.spec.number for frame in frames]
    assert len(notices) == 1
    assert notices[0].endswith("is started again; jobs go on.")


def test_a_request_that_died_with_the_agent_is_asked_again(
    agent: Agent, make_frames: MakeFrames, tmp_path: Path
) -> None:
    agent.call("jobs")
    before = {job["job"] for job in agent.call("jobs")}
    assert agent.pid is not None
    asked = params(tmp_path, make_frames())
    psutil.Process(agent.pid).suspend()
    handle = agent.submit(asked)
    psutil.Process(agent.pid).kill()
    agent.wait(handle, 60)
    assert {job["job"] for job in agent.call("jobs")} - before == {handle.id}


class Away:
    """A plate whose files cannot be reached, though what is in them is known."""

    def __init__(self, plate: Plate) -> None:
        self._plate = plate
        self.numbers = plate.numbers
        self.fingerprint = plate.fingerprint

    def read(self, number: int) -> Frame:
        raise Unavailable("The disk is away; wait for it.")


def test_frames_that_died_with_their_sender_are_sent_when_the_job_is_asked_for_again(
    server: Server, own_server: OwnServer, make_frames: MakeFrames, tmp_path: Path
) -> None:
    asked = params(tmp_path, make_frames())
    for file in tmp_path.glob("in.*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    plate = open_plate(tmp_path / "in.####.exr")
    with replate.connect(server.address, cache=tmp_path / "cache") as client:
        client.submit("identity", {"plate": plate}).wait()
    dying = replate.connect(own_server.address, cache=tmp_path / "cache")
    job = dying.submit("identity", {"plate": Away(plate)}, request="once")
    dying.close(finish=False)
    agent = Agent(COMMAND, address=own_server.address)
    handle = agent.wait(agent.submit({**asked, "request": "once"}), 60)
    assert (handle.id, handle.state, len(handle.frames)) == (job.id, "done", 4)
    agent.close()


def test_a_job_is_cancelled_while_it_is_submitted(agent: Agent, make_frames: MakeFrames, tmp_path: Path) -> None:
    asked = params(tmp_path, make_frames(range(1, 61), 320, 180))
    agent.call("jobs")
    handle = agent.submit(asked)
    agent.cancel(handle)
    with pytest.raises(AgentError) as raised:
        agent.wait(handle, 60)
    assert raised.value.kind == "Cancelled"
    assert handle.state == "cancelled"


def test_a_job_is_found_again_by_its_id(agent: Agent, server: Server, make_frames: MakeFrames, tmp_path: Path) -> None:
    asked = params(tmp_path, make_frames())
    first = agent.wait(agent.submit(asked), 60)
    other = Agent(COMMAND, address=server.address)
    again = other.watch(first.id, {"plate": (tmp_path / "again.####.exr").as_posix()}, first.frames[0].sequence)
    other.wait(again, 60)
    other.close()
    assert [frame.number for frame in again.frames] == [1002, 1003, 1004]


def test_only_a_part_of_a_job_is_fetched(agent: Agent, make_frames: MakeFrames, tmp_path: Path) -> None:
    first = agent.wait(agent.submit(params(tmp_path, make_frames())), 60)
    outputs = {"plate": (tmp_path / "part.####.exr").as_posix()}
    part = agent.wait(agent.watch(first.id, outputs, range=(1002, 1003)), 60)
    assert [frame.number for frame in part.frames] == [1002, 1003]
    assert sorted(path.name for path in tmp_path.glob("part.*")) == ["part.1002.exr", "part.1003.exr"]
    refused = agent.watch(first.id, outputs, range=(1002, 1003, 1004))  # type: ignore[arg-type]
    with pytest.raises(AgentError, match="'range' must be the first and last frame"):
        agent.wait(refused, 60)


def test_a_server_that_goes_away_is_told_of_and_waited_for(make_frames: MakeFrames, tmp_path: Path) -> None:
    studio = Studio.install(tmp_path)
    gate = studio.gate("held", allowed=2)
    asked = params(tmp_path, make_frames())
    asked["inputs"]["style"] = {"path": (tmp_path / "in.1001.exr").as_posix()}
    asked |= {"operation": "restyle", "model": "restyle/invert", "parameters": gate.parameters}
    said: list[str] = []

    def heard(true: Callable[[], bool]) -> bool:
        agent.drain()
        return true()

    with serving(tmp_path / "data", settings=studio.settings) as server:
        agent = Agent(COMMAND, address=server.address)
        handle = agent.submit(asked, on_progress=lambda handle: said.append(handle.message))
        until(lambda: heard(lambda: len(handle.frames) == 2), "two frames have come")
        server.kill()
        until(lambda: heard(lambda: AWAY in said), "the artist is told")
        gate.open()
        server.start()
        agent.wait(handle, 60)
        assert (handle.state, len(handle.frames), said.count(AWAY)) == ("done", 4, 1)
        agent.close()


def test_an_agent_that_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    agent = Agent((str(tmp_path / "nothing"),), environment={})
    with pytest.raises(AgentError, match=r"cannot be started.*set REPLATE_AGENT"):
        agent.call("jobs", timeout=30)


def test_an_agent_that_always_dies_is_given_up(notices: list[str]) -> None:
    agent = Agent((sys.executable, "-c", "raise SystemExit('no licence')"), on_notice=notices.append)
    with pytest.raises(AgentError, match="ended 4 times in a row: no licence"):
        agent.call("jobs", timeout=60)
    agent.drain()
    assert len(notices) == 3


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    agent = Agent(COMMAND, address="127.0.0.1:1")
    handle = agent.submit({"operation": "identity", "inputs": {}})
    with pytest.raises(AgentError, match="cannot be reached: nothing listens there"):
        agent.wait(handle, 60)
    with pytest.raises(AgentError, match="is no address"):
        Agent(COMMAND, address="no address").call("jobs", timeout=60)
    agent.close()


def test_a_call_that_takes_too_long_is_given_up(agent: Agent) -> None:
    agent.call("jobs")
    assert agent.pid is not None
    process = psutil.Process(agent.pid)
    process.suspend()
    with pytest.raises(AgentError, match=r"did not answer 'jobs' within 0\.2 seconds"):
        agent.call("jobs", timeout=0.2)
    process.resume()
    assert isinstance(agent.call("jobs"), list)


def test_the_agent_ends_with_its_host(server: Server) -> None:
    agent = Agent(COMMAND, address=server.address)
    agent.call("jobs")
    assert agent.pid is not None
    process = psutil.Process(agent.pid)
    agent.close()
    gone, _ = psutil.wait_procs([process], timeout=30)
    assert gone or not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    with pytest.raises(AgentError, match="was closed"):
        agent.call("jobs")


def test_the_environment_is_without_what_the_host_set_for_itself() -> None:
    host = {
        "PATH": "/bin",
        "HOME": "/home/artist",
        "OCIO": "/show/config.ocio",
        "REPLATE_SERVER": "render1:7431",
        "PYTHONHOME": "/nuke",
        "PYTHONPATH": "/nuke/python",
        "LD_LIBRARY_PATH": "/nuke",
        "DYLD_INSERT_LIBRARIES": "x",
        "QT_PLUGIN_PATH": "/nuke/qt",
        "VIRTUAL_ENV": "/venv",
    }
    kept = clean_environment(host)
    assert {"PATH", "HOME", "OCIO", "REPLATE_SERVER"} <= set(kept)
    assert not (set(host) - {"PATH", "HOME", "OCIO", "REPLATE_SERVER"}) & set(kept)


def test_the_agent_is_found_in_a_known_order(tmp_path: Path) -> None:
    python = tmp_path / "a folder" / "python3"
    python.parent.mkdir()
    python.write_text("")
    assert agent_command({"REPLATE_AGENT": str(python)}, ["other"]) == [str(python), "-m", "replate.agent"]
    assert agent_command({"REPLATE_AGENT": "/opt/replate"}) == ["/opt/replate", "agent"]
    assert agent_command({"REPLATE_AGENT": "ssh render1 replate agent"})[0] == "ssh"
    assert agent_command({}, ["other"]) == ["other"]
    command = tmp_path / ("replate.exe" if os.name == "nt" else "replate")
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    assert agent_command({"PATH": str(tmp_path)}) == [str(command), "agent"]
    with pytest.raises(AgentError, match="set REPLATE_AGENT"):
        agent_command({"PATH": ""})


def test_draining_when_nothing_happened_is_nothing(agent: Agent) -> None:
    assert agent.drain() == 0
