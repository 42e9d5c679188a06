"""An acknowledged job is not lost, whatever is killed and whenever; its pixels are those of an undisturbed run."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from replate.connection import Client
from replate.errors import Failed
from replate.frame import Frame
from replate.jobs import Job
from replate.values import JobState
from serving import Gate, Server, Studio, digests, noise, serving, until

NUMBERS = range(1001, 1009)


@pytest.fixture
def own(tmp_path: Path, studio: Studio) -> Iterator[Server]:
    """A server of the test's own."""
    with serving(tmp_path / "data", settings=studio.settings) as server:
        yield server


def inverted(client: Client, gate: Gate, plate: list[Frame], style: list[Frame], model: str = "invert") -> Job:
    return client.submit(
        "restyle", {"plate": plate, "style": style}, model=f"restyle/{model}", parameters=gate.parameters
    )


@pytest.mark.parametrize("model", ["invert", "invert-fours"])
def test_a_killed_worker_costs_one_try_of_its_window(own: Server, studio: Studio, model: str) -> None:
    calm, gate = studio.gate(f"calm-{model}", 99), studio.gate(f"worker-{model}", 2)
    plate, style = noise(NUMBERS), noise()
    with own.connect() as client:
        undisturbed = digests(inverted(client, calm, plate, style, model))
        job = inverted(client, gate, plate, style, model)
        gate.wait_started(3)
        (worker,) = own.workers()
        worker.kill()
        gate.wait_started(4)
        gate.open()
        assert digests(job) == undisturbed
    # What the first try had painted is kept.
    assert gate.finished == len(NUMBERS)
    assert own.workers() != [worker]


def test_an_idle_worker_that_is_killed_is_replaced(own: Server) -> None:
    with own.connect() as client:
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1
        (worker,) = own.workers()
        worker.kill()
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1


def test_a_killed_servers_job_goes_on_at_its_next_start(own: Server, studio: Studio) -> None:
    calm, gate = studio.gate("calm-server", 99), studio.gate("server", 3)
    plate, style = noise(NUMBERS), noise()
    with own.connect() as client:
        undisturbed = digests(inverted(client, calm, plate, style))
        job = inverted(client, gate, plate, style)
        given: dict[tuple[str, int], str] = {}
        reader = threading.Thread(target=lambda: given.update(digests(job)))
        reader.start()
        gate.wait_started(4)
        workers = own.workers()
        own.kill()
        until(lambda: not any(worker.is_running() for worker in workers), "the dead server's workers have ended")
        own.start()
        gate.wait_started(5)
        gate.open()
        reader.join()
    assert given == undisturbed
    assert gate.finished == len(NUMBERS)


def test_a_server_killed_again_and_again_still_brings_the_job_home(own: Server, studio: Studio) -> None:
    gate = studio.gate("again-and-again")
    with own.connect() as client:
        job = inverted(client, gate, noise(NUMBERS), noise())
        # More often than a window may lose its worker: it is the server that was lost.
        for time in range(1, 5):
            gate.wait_started(time * 2 - 1)
            gate.allow(time)
            gate.wait_started(time * 2)
            own.kill()
            own.start()
        gate.open()
        assert len(digests(job)) == len(NUMBERS)
    assert gate.finished == len(NUMBERS)


def test_a_server_that_is_told_to_end_leaves_its_jobs_open(own: Server, studio: Studio) -> None:
    gate = studio.gate("told", 4)
    with own.connect() as client:
        job = inverted(client, gate, noise(NUMBERS), noise(), "invert-fours")
        gate.wait_started(5)
        watcher = threading.Thread(target=job.wait)
        watcher.start()
        # As a service manager does it: everybody at once.
        for worker in own.workers():
            worker.terminate()
        assert own.stop() == 0
        assert "Traceback" not in "".join(own.log)
        with closing(sqlite3.connect(own.data / "ledger.sqlite")) as ledger:
            assert ledger.execute("SELECT state FROM jobs").fetchall() == [("running",)]
            assert ledger.execute("SELECT sum(done), sum(deaths) FROM windows").fetchone() == (1, 0)
        own.start()
        gate.open()
        watcher.join()
        assert job.state is JobState.DONE
    assert gate.finished == len(NUMBERS)


def test_a_second_server_on_the_same_data_is_refused(own: Server) -> None:
    second = Server(own.data)
    assert second.refused() == (
        f"Another server is using the data directory {own.data}: end it, or give this one another with --data."
    )
    with own.connect() as client:
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1


def test_workers_do_not_outlive_their_server(own: Server) -> None:
    workers = own.workers()
    own.stop()
    assert not any(psutil.pid_exists(worker.pid) for worker in workers)


def test_a_job_whose_model_is_gone_after_a_restart_says_so_and_the_server_serves(own: Server, studio: Studio) -> None:
    gate = studio.gate("gone")
    with own.connect() as client:
        job = inverted(client, gate, noise(), noise())
        gate.wait_started(1)
        own.kill()
        own.settings = {}
        own.start()
        with pytest.raises(Failed, match="The model restyle/invert is not on this server any more: choose another"):
            job.wait()
        assert len(digests(client.submit("identity", {"plate": noise()}))) == 1


def test_whatever_metadata_a_frame_has_survives_a_restart(own: Server) -> None:
    odd = {"nan": math.nan, "far": (math.inf, -math.inf), "whole": 7, "name": "naïve \x00 \U0001f3a8", "none": ""}
    (frame,) = noise()
    frame = replace(frame, spec=replace(frame.spec, metadata=odd))
    with own.connect() as client:
        job = client.submit("identity", {"plate": [frame]})
        job.wait()
        own.kill()
        own.start()
        ((_, back),) = client.job(job.id).frames()
    assert str(sorted(back.spec.metadata.items())) == str(sorted(odd.items()))
