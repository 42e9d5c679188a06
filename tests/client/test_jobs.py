"""Plates go to a server and come back, once, whatever happens to it on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

import replate
from replate.connection import Client
from replate.download import Download
from replate.errors import BadRequest, Damaged, NotFound, ReplateError, Unavailable, Unmet
from replate.frame import Fingerprint, Frame, StoredFrame, pixel_bytes
from replate.jobs import JobOutput
from replate.upload import Blob, Upload
from replate.v1.catalog_pb2 import DescribeRequest
from replate.values import JobState
from replate.wire import PROTOCOL_KEY

MakeFrames = Callable[..., list[Frame]]


class Server(Protocol):
    address: str

    def kill(self) -> None: ...
    def start(self) -> object: ...


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Client:
    return replate.connect(server.address, cache=tmp_path / "cache")


def copy(client: Client, plate: object) -> dict[int, Frame]:
    job = client.submit("identity", {"plate": plate})  # type: ignore[dict-item]
    return {frame.spec.number: frame for output, frame in job.frames() if output == "plate"}


def test_frames_come_back_as_they_went(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    back = copy(client, frames)
    assert sorted(back) == [frame.spec.number for frame in frames]
    for frame in frames:
        assert np.array_equal(back[frame.spec.number].pixels, frame.pixels)
        assert back[frame.spec.number].spec.colour_space == frame.spec.colour_space


def test_a_single_frame_is_a_plate(client: Client, make_frames: MakeFrames) -> None:
    (frame,) = make_frames(range(7, 8))
    assert np.array_equal(copy(client, frame)[7].pixels, frame.pixels)


def test_a_plate_crosses_the_wire_once(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    first = client.submit("identity", {"plate": frames})
    first.wait()
    first.wait_sent()
    assert first.sent.bytes == sum(frame.spec.size for frame in frames)
    again = client.submit("identity", {"plate": frames}, seed=1)
    again.wait()
    again.wait_sent()
    assert again.sent.bytes == 0


def test_what_came_back_needs_no_upload(client: Client, make_frames: MakeFrames) -> None:
    back = copy(client, make_frames())
    job = client.submit("identity", {"plate": list(back.values())}, seed=2)
    job.wait()
    job.wait_sent()
    assert job.sent.bytes == 0


def test_a_frame_that_was_sent_cannot_be_changed_in_place(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    copy(client, frames)
    with pytest.raises(ValueError, match="read-only"):
        frames[0].pixels[:] = 0


def test_a_view_of_writable_memory_is_sent_as_it_is_now(client: Client, make_frames: MakeFrames) -> None:
    (frame,) = make_frames(range(1, 2))
    memory = frame.pixels.copy()
    view = frame.with_pixels(memory[:])
    assert np.array_equal(copy(client, view)[1].pixels, memory)
    memory[:] = 3
    assert (copy(client, view)[1].pixels == 3).all()


def test_news_come_on_the_callers_thread(client: Client, make_frames: MakeFrames) -> None:
    threads = set()
    job = client.submit("identity", {"plate": make_frames()})
    for _ in job.frames(lambda info: threads.add(threading.current_thread())):
        pass
    assert threads <= {threading.current_thread()}
    assert job.state is JobState.DONE
    assert job.progress.fraction == 1
    assert '"operation"' in job.recipe


def test_only_the_asked_range_is_delivered(client: Client, make_frames: MakeFrames) -> None:
    job = client.submit("identity", {"plate": make_frames(range(1, 6))}, frames=(2, 3))
    assert [frame.spec.number for _, frame in job.frames()] == [2, 3]


def test_events_go_on_after_a_sequence(client: Client, make_frames: MakeFrames) -> None:
    job = client.submit("identity", {"plate": make_frames()})
    told = [event for event in job.events() if event.frame is not None]
    assert [event.sequence for event in told] == sorted({event.sequence for event in told})
    rest = [event for event in job.events(told[1].sequence) if event.frame is not None]
    assert [event.sequence for event in rest] == [event.sequence for event in told[2:]]
    assert not [event for event in job.events(told[-1].sequence) if event.frame is not None]


def test_a_job_is_found_again_by_its_id(client: Client, make_frames: MakeFrames) -> None:
    job = client.submit("identity", {"plate": make_frames()}, title="sh010").wait()
    assert client.job(job.id).state is JobState.DONE
    assert job.id in [other.id for other in client.jobs()]
    assert job.id not in [other.id for other in client.jobs(open=True)]


def test_a_request_repeated_by_its_name_is_one_job(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    jobs = {client.submit("identity", {"plate": frames}, request="once-and-again").id for _ in range(3)}
    assert len(jobs) == 1


def test_an_output_is_another_jobs_input(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    first = client.submit("identity", {"plate": frames})
    second = client.submit("identity", {"plate": first.output("plate")}, seed=3)
    back = {frame.spec.number: frame for _, frame in second.frames()}
    assert all(np.array_equal(back[frame.spec.number].pixels, frame.pixels) for frame in frames)
    with pytest.raises(BadRequest, match="gives no 'depth'; it gives plate"):
        first.output("depth")


class Broken:
    """A plate whose second frame is gone when it is read."""

    def __init__(self, frames: Sequence[Frame], error: ReplateError) -> None:
        self._frames = {frame.spec.number: frame for frame in frames}
        self._error = error

    @property
    def numbers(self) -> Sequence[int]:
        return tuple(self._frames)

    def read(self, number: int) -> Frame:
        if number == self.numbers[1]:
            raise self._error
        return self._frames[number]


def test_a_frame_that_cannot_be_read_makes_no_job(client: Client, make_frames: MakeFrames) -> None:
    before = {job.id for job in client.jobs()}
    with pytest.raises(Damaged, match="cut off"):
        client.submit("identity", {"plate": Broken(make_frames(), Damaged("Frame 1002 is cut off; render it again."))})
    assert {job.id for job in client.jobs()} == before


class Fleeting:
    """A plate on disk, by its fingerprints, whose files change after they were hashed."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = {frame.spec.number: frame for frame in frames}
        self.reads = 0
        self.settled = True
        self.key = str(id(self))

    @property
    def numbers(self) -> Sequence[int]:
        return tuple(self.frames)

    def read(self, number: int) -> Frame:
        self.reads += 1
        return self.frames[number]

    def fingerprint(self, number: int) -> Fingerprint:
        return Fingerprint(f"{self.key}/{number}", self.settled)


def test_a_plate_on_disk_is_read_once(client: Client, make_frames: MakeFrames) -> None:
    plate = Fleeting(make_frames())
    copy(client, plate)
    assert plate.reads == len(plate.numbers)
    copy(client, plate)
    assert plate.reads == len(plate.numbers)


def test_a_file_that_changed_unseen_ends_the_job_with_a_reason(
    own_server: Server, server: Server, make_frames: MakeFrames, tmp_path: Path
) -> None:
    plate = Fleeting(make_frames())
    elsewhere = replate.connect(server.address, cache=tmp_path / "cache")
    copy(elsewhere, plate)
    elsewhere.close()
    for number, frame in plate.frames.items():
        plate.frames[number] = frame.with_pixels(frame.pixels * 2)
    # This server lacks the frames, so that they are read again, and are others.
    client = replate.connect(own_server.address, cache=tmp_path / "cache")
    job = client.submit("identity", {"plate": plate})
    with pytest.raises(BadRequest, match="changed on disk while it was being sent"):
        list(job.frames())
    with pytest.raises(BadRequest, match="changed on disk"):
        job.wait_sent()
    assert job.refresh().state is JobState.CANCELLED


def test_what_makes_no_sense_is_refused_in_a_sentence(client: Client, make_frames: MakeFrames) -> None:
    frames = make_frames()
    with pytest.raises(NotFound, match="fly"):
        client.submit("fly", {"plate": frames})
    with pytest.raises(NotFound, match="identity/none"):
        client.submit("identity", {"plate": frames}, model="identity/none")
    with pytest.raises(BadRequest, match="speed"):
        client.submit("identity", {"plate": frames}, parameters={"speed": 1})
    with pytest.raises(NotFound, match="nothing"):
        client.submit("identity", {"plate": JobOutput("nothing", "plate")})
    with pytest.raises(BadRequest, match="no frames"):
        client.submit("identity", {"plate": []})
    with pytest.raises(BadRequest, match="1001 is in the plate twice"):
        client.submit("identity", {"plate": [frames[0], frames[0]]})
    with pytest.raises(BadRequest, match="cannot be sent"):
        client.submit("identity", {"plate": frames}, seed=-1)
    with pytest.raises(NotFound, match="There is no job nothing"):
        client.job("nothing")


def test_closing_finishes_what_was_submitted(server: Server, make_frames: MakeFrames, tmp_path: Path) -> None:
    with replate.connect(server.address, cache=tmp_path) as client:
        id = client.submit("identity", {"plate": make_frames(width=960, height=540)}).id
    with replate.connect(server.address, cache=tmp_path) as client:
        assert client.job(id).wait().state is JobState.DONE


def test_an_early_end_of_iteration_leaves_the_job_alone(client: Client, make_frames: MakeFrames) -> None:
    job = client.submit("identity", {"plate": make_frames()})
    frames = job.frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert job.wait().state is JobState.DONE


def test_a_server_that_is_killed_and_comes_back_loses_nothing(
    own_server: Server, make_frames: MakeFrames, tmp_path: Path
) -> None:
    client = replate.connect(own_server.address, cache=tmp_path / "cache")
    frames = make_frames(range(1, 25), 640, 360)
    job = client.submit("identity", {"plate": frames})
    back: dict[int, Frame] = {}
    for _, frame in job.frames():
        back[frame.spec.number] = frame
        if len(back) == 3:
            own_server.kill()
            own_server.start()
    assert len(back) == len(frames)
    assert all(np.array_equal(back[frame.spec.number].pixels, frame.pixels) for frame in frames)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    client = replate.connect(f"unix:{tmp_path}/nobody", cache=tmp_path)
    with pytest.raises(Unavailable, match=f"The server at unix:{tmp_path}/nobody cannot be reached"):
        client.catalog()
    with pytest.raises(Unavailable, match="cannot be reached: nothing listens there"):
        replate.connect("127.0.0.1:1", cache=tmp_path).jobs()


@pytest.mark.parametrize("address", ["", "http://host:1", "host:port", "a b"])
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(BadRequest, match="is no address"):
        replate.connect(address or " ")


def test_downloading_what_is_not_there_says_so(client: Client, make_frames: MakeFrames) -> None:
    (frame,) = make_frames(range(1, 2))
    download = Download(client._link)
    download.want("plate", StoredFrame(frame.spec, "00" * 32))
    download.complete()
    with pytest.raises(NotFound):
        list(download)


def test_pixels_that_are_not_what_they_were_announced_to_be_are_refused(
    client: Client, make_frames: MakeFrames
) -> None:
    (frame,) = make_frames(range(1, 2))
    blob = pixel_bytes(frame.pixels)
    upload = Upload(client._link)
    upload.offer(Blob("ab" * 32, blob.nbytes, lambda: blob))
    upload.complete()
    with pytest.raises(Damaged, match="send them again"):
        upload.wait()
    assert copy(client, frame)


@pytest.mark.parametrize(("spoken", "older"), [("0", "client"), ("99", "server")])
def test_versions_that_differ_say_which_side_to_upgrade(client: Client, spoken: str, older: str) -> None:
    with pytest.raises(Unmet, match=f"upgrade the {older}"), client._link.typed():
        client._link.calls.catalog.Describe(DescribeRequest(), metadata=((PROTOCOL_KEY, spoken),))


def test_one_client_serves_many_threads(client: Client, make_frames: MakeFrames) -> None:
    plates = [make_frames(range(1, 4)) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        back = list(threads.map(lambda plate: copy(client, plate), plates))
    for plate, came in zip(plates, back, strict=True):
        assert all(np.array_equal(came[frame.spec.number].pixels, frame.pixels) for frame in plate)
