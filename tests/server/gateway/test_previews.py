"""What is being made is seen by whoever asks to, and by nobody else; it keeps nobody waiting."""

from __future__ import annotations

import io
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from PIL import Image

from replate.connection import Client
from replate.jobs import Job
from replate.states import Preview
from replate.v1 import jobs_pb2, jobs_pb2_grpc
from serving import Gate, Server, Studio, digests, noise, until

SKETCHING = "restyle/sketching"


@pytest.fixture
def stub(server: Server) -> Iterator[jobs_pb2_grpc.JobsStub]:
    with grpc.insecure_channel(server.address) as channel:
        yield jobs_pb2_grpc.JobsStub(channel)


@pytest.fixture
def gate(studio: Studio, request: pytest.FixtureRequest) -> Iterator[Gate]:
    gate = studio.gate(request.node.name)
    yield gate
    gate.open()


def submitted(client: Client, gate: Gate) -> Job:
    return client.submit("restyle", {"plate": noise(), "style": noise()}, model=SKETCHING, parameters=gate.parameters)


def test_a_frame_is_seen_while_it_is_made(client: Client, gate: Gate) -> None:
    seen: list[Preview] = []

    def look(preview: Preview) -> None:
        seen.append(preview)
        gate.open()

    delivered = list(submitted(client, gate).frames(on_preview=look))
    assert len(delivered) == 1
    picture = Image.open(io.BytesIO(seen[0].png))
    assert (seen[0].number, seen[0].view, picture.format) == (1001, "", "PNG")
    assert (picture.size, picture.mode) == ((256, 192), "RGB")
    assert np.asarray(picture).std() > 10


def test_who_comes_late_sees_the_latest(client: Client, stub: jobs_pb2_grpc.JobsStub, gate: Gate) -> None:
    job = submitted(client, gate)
    first = next(result.preview for result in job.results(previews=True) if result.preview is not None)
    gate.allow(-1)
    until(lambda: gate.sketched == 1, "nothing more is shown")
    late_watch = stub.Watch(jobs_pb2.WatchRequest(job=job.id, previews=True))
    late = next(event for event in late_watch if event.WhichOneof("event") == "preview")
    assert (late.sequence, late.preview.number, late.preview.png) == (0, 1001, first.png)
    late_watch.cancel()


def test_who_does_not_ask_is_told_of_none(client: Client, stub: jobs_pb2_grpc.JobsStub, gate: Gate) -> None:
    job = submitted(client, gate)
    plain = stub.Watch(jobs_pb2.WatchRequest(job=job.id))
    next(result for result in job.results(previews=True) if result.preview is not None)
    gate.open()
    assert {event.WhichOneof("event") for event in plain} == {"job", "frame"}


def test_nothing_of_it_is_left_when_the_job_has_ended(client: Client, stub: jobs_pb2_grpc.JobsStub, gate: Gate) -> None:
    job = submitted(client, gate)
    next(result for result in job.results(previews=True) if result.preview is not None)
    gate.open()
    job.wait()
    events = list(stub.Watch(jobs_pb2.WatchRequest(job=job.id, previews=True)))
    assert [event.WhichOneof("event") for event in events] == ["frame", "job"]


def test_who_never_reads_holds_nobody_up(client: Client, stub: jobs_pb2_grpc.JobsStub, gate: Gate) -> None:
    job = submitted(client, gate)
    asleep = stub.Watch(jobs_pb2.WatchRequest(job=job.id, previews=True))
    shown = (result.preview for result in job.results(previews=True) if result.preview is not None)
    assert [next(shown).number for _ in range(3)] == [1001] * 3
    gate.open()
    assert len(digests(job)) == 1
    asleep.cancel()
