"""The server of one artist ends when there is nothing to do, and nobody notices."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import psutil
import pytest

import replate
from replate import embedded
from replate.frame import StoredFrame, digest_of, pixel_bytes
from replate.v1 import jobs_pb2
from replate.wire import write_frame
from serving import digests, noise, until


@pytest.fixture(autouse=True)
def soon_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPLATE_SERVER", raising=False)
    monkeypatch.setenv("REPLATE_IDLE_SECONDS", "0.5")


def pid_of(data: Path) -> int:
    return int(json.loads((data / embedded.RECORD).read_text())["pid"])


def test_it_ends_when_idle_and_is_there_again_when_it_is_needed(tmp_path: Path) -> None:
    plate = noise()
    given: list[dict[tuple[str, int], str]] = []

    def artist() -> None:
        with replate.connect(data=tmp_path) as client:
            given.append(digests(client.submit("identity", {"plate": plate})))

    artists = [threading.Thread(target=artist) for _ in range(3)]
    for thread in artists:
        thread.start()
    with replate.connect(data=tmp_path) as client:
        client.submit("identity", {"plate": plate}).wait()
        first = psutil.Process(pid_of(tmp_path))
        for thread in artists:
            thread.join()
        assert len(given) == 3
        until(lambda: not first.is_running(), "the idle server has ended")
        # The same client, which was not closed: it finds or starts the next one.
        client.submit("identity", {"plate": plate}).wait()
        assert pid_of(tmp_path) != first.pid
        second = psutil.Process(pid_of(tmp_path))
    until(lambda: not second.is_running(), "the idle server has ended")
    assert not (tmp_path / embedded.RECORD).exists()


def test_a_job_whose_frames_never_come_does_not_keep_it_up(tmp_path: Path) -> None:
    (frame,) = noise()
    spec = jobs_pb2.JobSpec(operation="identity")
    stored = StoredFrame(frame.spec, digest_of(pixel_bytes(frame.pixels)))
    spec.inputs["plate"].plate.frames.append(write_frame(stored))
    with replate.connect(data=tmp_path) as client:
        job = client._link.ask(lambda calls: calls.jobs.Submit, jobs_pb2.SubmitRequest(spec=spec))
        server = psutil.Process(pid_of(tmp_path))
        until(lambda: not server.is_running(), "the idle server has ended")
        # The job is open still, and goes on once somebody sends its frame.
        client.submit("identity", {"plate": [frame]}).wait()
        assert len(digests(client.job(job.id))) == 1


def test_who_comes_while_it_ends_is_served_by_the_next(tmp_path: Path) -> None:
    with replate.connect(data=tmp_path) as client:
        for _ in range(3):
            client.catalog()
            server = psutil.Process(pid_of(tmp_path))
            until(lambda server=server: not (tmp_path / embedded.RECORD).exists() or not server.is_running(), "it ends")
            assert client.catalog().operations
