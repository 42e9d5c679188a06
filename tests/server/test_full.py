"""A store at its limit and a disk that is full: what is needed stays, what is not goes, and all is said."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from replate.connection import Client
from replate.errors import Exhausted, Failed, NotFound, ReplateError
from replate.jobs import Job
from serving import Server, Studio, digests, noise, serving

NUMBERS = range(1001, 1011)
SIZE = (200, 200)
FRAME_BYTES = 200 * 200 * 3 * 2
LIMIT_FRAMES = 12
LARGEST_FILE = 8 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Server]:
    """A server whose store holds twelve frames of these tests, and whose disk takes no file over 8 MiB."""
    settings = {
        **studio.settings,
        "REPLATE_STORE__LIMIT_GB": str(LIMIT_FRAMES * FRAME_BYTES / 2**30),
        "REPLATE_STORE__GRACE_SECONDS": "0",
    }
    with serving(tmp_path_factory.mktemp("small"), settings=settings) as server:
        yield server


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Server]:
    """A server whose disk takes no file over 8 MiB."""
    with serving(tmp_path_factory.mktemp("full"), settings=studio.settings, largest_file=LARGEST_FILE) as server:
        yield server


def told(job: Job) -> set[str]:
    """The digests of a job's frames, which are not fetched."""
    return {event.frame.digest for event in job.events() if event.frame is not None}


def test_nothing_that_an_open_job_needs_is_evicted_and_what_was_is_made_again(small: Server, studio: Studio) -> None:
    gate = studio.gate("evicted")
    inputs, parameters = {"plate": noise(NUMBERS, SIZE), "style": noise()}, gate.parameters
    ask = partial(Client.submit, operation="restyle", inputs=inputs, model="restyle/invert", parameters=parameters)
    with small.connect() as client:
        job = ask(client)
        gate.wait_started(1)
        # Ten frames of twelve are needed: three more cannot be had.
        with pytest.raises(Exhausted, match=r"full .* of what open jobs need .*: wait for jobs to end, or raise"):
            client.submit("identity", {"plate": noise(range(3), SIZE)}).wait()
        gate.open()
        first = told(job.wait())
        assert len(first) == len(NUMBERS)
        # Another's frames push these out.
        client.submit("identity", {"plate": noise(range(12), SIZE)}).wait()
        with pytest.raises(NotFound, match="are not on the server any more: submit their job again"):
            digests(job)
        assert told(ask(client)) == first
    assert gate.finished > len(NUMBERS)


def test_an_upload_that_the_disk_does_not_take_is_refused(full: Server) -> None:
    with full.connect() as client:
        with pytest.raises(Exhausted, match=r"The disk of the server's store is full .*: free space there, or lower"):
            client.submit("identity", {"plate": noise(size=(1300, 1200))}).wait()
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1


def test_a_job_whose_output_the_disk_does_not_take_fails(full: Server) -> None:
    with full.connect() as client:
        job = client.submit("flow", {"plate": noise((1, 2), size=(1200, 1000))})
        with pytest.raises(Failed, match=r"The disk of the server's store is full .* free space there") as raised:
            job.wait()
        assert str(raised.value).endswith(".")
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1


def test_a_ledger_that_the_disk_does_not_take_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """The journal grows until the disk is full; with room again, what was acknowledged is there."""
    with serving(tmp_path, largest_file=400 << 10) as server:
        done = []
        with server.connect() as client, pytest.raises(ReplateError) as raised:
            while len(done) < 1000:
                done.append(client.submit("identity", {"plate": noise()}).wait().id)
        assert "cannot be written" in str(raised.value)
        assert str(raised.value).endswith("see that the server may write there.")
        with server.connect() as client:
            assert client.catalog().operations
        server.kill()
        server.largest_file = None
        server.start()
        with server.connect() as client:
            assert all(len(digests(client.job(job))) == 1 for job in done[-3:])
