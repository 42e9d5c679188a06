"""Submit and Watch on the wire: nothing twice, nothing lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import grpc
import pytest

from replate.connection import Client
from replate.frame import StoredFrame, digest_of, pixel_bytes
from replate.v1 import jobs_pb2, jobs_pb2_grpc
from replate.wire import write_frame
from serving import Server, Studio, digests, noise, serving, until

NUMBERS = range(1001, 1005)


@pytest.fixture
def stub(server: Server) -> Iterator[jobs_pb2_grpc.JobsStub]:
    with grpc.insecure_channel(server.address) as channel:
        yield jobs_pb2_grpc.JobsStub(channel)


def frames_of(stub: jobs_pb2_grpc.JobsStub, job: str, after: int = 0) -> list[tuple[int, int]]:
    """Sequence and number of the frames that a watch tells of, until the job ends."""
    events = stub.Watch(jobs_pb2.WatchRequest(job=job, after=after))
    return [(e.sequence, e.frame.frame.spec.number) for e in events if e.WhichOneof("event") == "frame"]


def test_watching_again_from_the_last_sequence_seen_loses_and_repeats_nothing(
    client: Client, stub: jobs_pb2_grpc.JobsStub, studio: Studio
) -> None:
    gate = studio.gate("watched", 2)
    job = client.submit(
        "restyle", {"plate": noise(NUMBERS), "style": noise()}, model="restyle/invert", parameters=gate.parameters
    )
    seen = []
    watch = stub.Watch(jobs_pb2.WatchRequest(job=job.id))
    for event in watch:
        if event.WhichOneof("event") == "frame":
            seen.append((event.sequence, event.frame.frame.spec.number))
            if len(seen) == 2:
                watch.cancel()
                break
    gate.open()
    seen += frames_of(stub, job.id, after=seen[-1][0])
    assert seen == sorted(seen)
    assert sorted(number for _, number in seen) == list(NUMBERS)
    assert frames_of(stub, job.id) == seen
    assert frames_of(stub, job.id, after=seen[-1][0]) == []


def test_a_watch_ends_with_the_jobs_end_after_its_frames(client: Client, stub: jobs_pb2_grpc.JobsStub) -> None:
    job = client.submit("identity", {"plate": noise(NUMBERS)})
    events = list(stub.Watch(jobs_pb2.WatchRequest(job=job.id)))
    assert [event.WhichOneof("event") for event in events].count("frame") == len(NUMBERS)
    assert events[-1].job.state == jobs_pb2.JOB_STATE_DONE
    assert events[-1].job.progress.frames_done == len(NUMBERS)
    assert events[-1].job.recipe


def test_a_request_that_comes_again_is_the_same_job_even_at_the_limit(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    (frame,) = noise()
    blob = pixel_bytes(frame.pixels)
    spec = jobs_pb2.JobSpec(operation="identity")
    spec.inputs["plate"].plate.frames.append(write_frame(StoredFrame(frame.spec, digest_of(blob))))
    settings = {"REPLATE_LIMITS__OPEN_JOBS": "1"}
    with (
        serving(tmp_path_factory.mktemp("limited"), settings=settings) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        stub = jobs_pb2_grpc.JobsStub(channel)
        request = jobs_pb2.SubmitRequest(spec=spec, request=uuid.uuid4().hex)
        assert stub.Submit(request).id == stub.Submit(request).id
        with pytest.raises(grpc.RpcError) as raised:
            stub.Submit(jobs_pb2.SubmitRequest(spec=spec, request="another"))
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert raised.value.details() == "You have 1 open jobs, which is the limit: wait for some, or cancel some."


def test_a_job_that_waits_for_frames_says_so(client: Client, stub: jobs_pb2_grpc.JobsStub) -> None:
    frames = noise(NUMBERS)
    client.submit("identity", {"plate": frames[:2]}).wait()
    spec = jobs_pb2.JobSpec(operation="matte", model="matte/bright")
    for frame in frames:
        stored = StoredFrame(frame.spec, digest_of(pixel_bytes(frame.pixels)))
        spec.inputs["plate"].plate.frames.append(write_frame(stored))
    job = client.job(stub.Submit(jobs_pb2.SubmitRequest(spec=spec)).id)
    until(
        lambda: job.refresh().message == "Waiting for the frames of 2 of 2 windows.",
        "the windows whose frames are there have run",
    )
    assert job.progress.frames_done == 2
    client.submit("identity", {"plate": frames})
    assert len(digests(job)) == len(NUMBERS)
