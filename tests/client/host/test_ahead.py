"""What a host renders is on the server before the job is asked for, and is read once."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

import replate
from replate.errors import Damaged
from replate.frame import Fingerprint, Frame, digest_of, pixel_bytes
from replate.media import open_plate, write_frame
from replate.upload import Blob, Upload
from replate_host import Agent, AgentError, JobHandle

MakeFrames = Callable[..., list[Frame]]
COMMAND = (sys.executable, "-m", "replate.agent")


class Server(Protocol):
    address: str


@pytest.fixture
def agent(server: Server, tmp_path: Path) -> Iterator[Agent]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    agent = Agent(COMMAND, address=server.address, environment=environment)
    yield agent
    agent.close()


@pytest.fixture
def rendered(tmp_path: Path, make_frames: MakeFrames) -> list[Frame]:
    """Frames as a host has rendered them this moment."""
    frames = make_frames()
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number}.exr", frame)
    return frames


def picture(folder: Path, **more: Any) -> dict[str, Any]:
    return {"path": (folder / "in.####.exr").as_posix(), "colour_space": "ACEScg", **more}


def copied(agent: Agent, folder: Path, **more: Any) -> JobHandle:
    """The job of an identity, when it is done."""
    params = {
        "operation": "identity",
        "inputs": {"plate": picture(folder)},
        "outputs": {"plate": (folder / "out.####.exr").as_posix()},
        **more,
    }
    return agent.wait(agent.submit(params), 60)


def spoil(file: Path) -> None:
    """Other bytes, of the same size and time stamp: whoever reads the file now has no picture."""
    state = file.stat()
    file.write_bytes(b"?" * state.st_size)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_what_was_offered_is_neither_read_nor_sent_again(agent: Agent, rendered: list[Frame], tmp_path: Path) -> None:
    for frame in rendered:
        number = str(frame.spec.number)
        told = agent.call("offer", {"plate": picture(tmp_path, frames=number), "kind": "any"})
        assert told == {"frames": 1, "bytes": frame.spec.size}
        spoil(tmp_path / f"in.{number}.exr")
    assert agent.call("offer", {"plate": picture(tmp_path)}) == {"frames": 4, "bytes": 0}
    handle = copied(agent, tmp_path)
    assert handle.bytes_to_send == 0
    back = open_plate(tmp_path / "out.####.exr")
    for frame in rendered:
        assert np.array_equal(back.read(frame.spec.number).pixels, frame.pixels)


def test_a_file_that_changed_after_it_was_offered_is_read_again(
    agent: Agent, rendered: list[Frame], tmp_path: Path
) -> None:
    agent.call("offer", {"plate": picture(tmp_path)})
    changed = rendered[1].with_pixels(rendered[1].pixels / 2)
    write_frame(tmp_path / "in.1002.exr", changed)
    handle = copied(agent, tmp_path)
    assert handle.bytes_to_send == changed.spec.size
    assert np.array_equal(open_plate(tmp_path / "out.####.exr").read(1002).pixels, changed.pixels)


def test_the_same_file_offered_as_something_else_is_something_else(
    agent: Agent, rendered: list[Frame], tmp_path: Path
) -> None:
    agent.call("offer", {"plate": picture(tmp_path), "kind": "matte"})
    assert copied(agent, tmp_path).bytes_to_send == sum(frame.spec.size for frame in rendered)


def test_a_job_asked_for_while_offers_are_on_their_way_sends_nothing_twice(
    agent: Agent, make_frames: MakeFrames, tmp_path: Path
) -> None:
    frames = make_frames(range(1, 25), 320, 180)
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number:04d}.exr", frame)
        agent.offer(picture(tmp_path, frames=f"{frame.spec.number}"), done=lambda *answer: told.put(answer))
    handle = copied(agent, tmp_path)
    agent.call("offer", {"plate": picture(tmp_path)})
    while told.qsize() < len(frames):
        agent.drain()
    answers = [told.get() for _ in frames]
    assert {error for _, error in answers} == {None}
    assert sum(result["bytes"] for result, _ in answers) + handle.bytes_to_send == sum(
        each.spec.size for each in frames
    )


def test_an_offer_that_makes_no_sense_is_refused_in_a_sentence(agent: Agent, tmp_path: Path) -> None:
    for params, kind, said in (
        ({"plate": picture(tmp_path)}, "NotFound", "in.####.exr"),
        ({"plate": {"path": "/x.exr", "size": 3}}, "BadRequest", "unknown fields size"),
        ({"plate": picture(tmp_path), "kind": "song"}, "BadRequest", "plate, matte, still, any"),
        ({}, "BadRequest", "'plate' is missing"),
    ):
        with pytest.raises(AgentError, match=said) as raised:
            agent.call("offer", params)
        assert raised.value.kind == kind


def test_an_offer_that_is_withdrawn_ends_at_once_and_the_job_sends_what_it_needs(
    agent: Agent, make_frames: MakeFrames, tmp_path: Path
) -> None:
    frames = make_frames(range(1, 61), 320, 180)
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number:04d}.exr", frame)
    errors: list[AgentError | None] = []
    agent.call("jobs")
    offers = [agent.offer(picture(tmp_path), done=lambda result, error: errors.append(error)) for _ in range(8)]
    for offer in offers:
        agent.withdraw(offer)
    handle = copied(agent, tmp_path)
    assert handle.frames_done == 60
    while len(errors) < len(offers):
        agent.drain()
    assert "Cancelled" in {error.kind for error in errors if error is not None}
    assert {error.kind for error in errors if error is not None} == {"Cancelled"}


def test_a_host_that_goes_takes_its_offers_along_and_not_its_jobs(
    server: Server, make_frames: MakeFrames, tmp_path: Path
) -> None:
    frames = make_frames(range(1, 25), 320, 180)
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number:04d}.exr", frame)
    agent = Agent(COMMAND, address=server.address)
    for _ in range(4):
        agent.offer(picture(tmp_path))
    handle = agent.submit({"operation": "identity", "inputs": {"plate": picture(tmp_path)}})
    while not handle.id:
        agent.drain()
    agent.close()
    with replate.connect(server.address, cache=tmp_path / "cache") as client:
        assert client.job(handle.id).wait().info.progress.frames_done == 24


class Young:
    """A plate on disk, just written, that counts how often it is read."""

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = {frame.spec.number: frame for frame in frames}
        self.reads: list[int] = []

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(self.frames)

    def read(self, number: int) -> Frame:
        self.reads.append(number)
        return self.frames[number]

    def fingerprint(self, number: int) -> Fingerprint:
        return Fingerprint(f"{id(self)}/{number}", settled=False)


def test_a_young_file_is_read_once_by_who_offers_it_and_each_time_by_who_does_not(
    server: Server, make_frames: MakeFrames, tmp_path: Path
) -> None:
    with replate.connect(server.address, cache=tmp_path) as client:
        offered, not_offered = Young(make_frames()), Young(make_frames())
        client.offer(offered).wait()
        for seed in (1, 2):
            assert client.submit("identity", {"plate": offered}, seed=seed).wait().sent.bytes == 0
            client.submit("identity", {"plate": not_offered}, seed=seed).wait()
    assert sorted(offered.reads) == list(offered.numbers)
    assert sorted(not_offered.reads) == sorted((*not_offered.numbers, *not_offered.numbers))


def test_what_one_upload_gives_up_another_sends(server: Server, make_frames: MakeFrames, tmp_path: Path) -> None:
    client = replate.connect(server.address, cache=tmp_path)
    (frame,) = make_frames(range(1, 2))
    blob = pixel_bytes(frame.pixels)
    digest = digest_of(blob)
    began, go = threading.Event(), threading.Event()

    def stuck() -> memoryview:
        began.set()
        go.wait()
        raise Damaged("Frame 1 is cut off; render it again.")

    first = Upload(client._link, client._jobs._claims)
    first.offer(Blob(digest, blob.nbytes, stuck))
    began.wait()
    second = Upload(client._link, client._jobs._claims)
    second.offer(Blob(digest, blob.nbytes, lambda: blob))
    second.complete()
    go.set()
    second.wait()
    assert second.sent.bytes == blob.nbytes
    with pytest.raises(Damaged, match="cut off"):
        first.wait()
    client.close()
