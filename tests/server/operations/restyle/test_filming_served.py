"""A shot is repainted over the wire: what takes there are outlives a server, and a cancelled job makes no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from replate.connection import Client
from replate.figures import summed_up
from replate.frame import Frame
from replate.jobs import Job
from replate.values import JobState
from server.operations.restyle.test_filming import pan
from serving import Gate, Server, Studio, digests, serving, until

TAKES = 3


@pytest.fixture
def own(tmp_path: Path, studio: Studio) -> Iterator[Server]:
    """A server of the test's own."""
    with serving(tmp_path / "data", settings=studio.settings) as server:
        yield server


def filmed(client: Client, gate: Gate, plate: tuple[Frame, ...], **given: float | bool) -> Job:
    parameters = {"gate": gate.name, **given}
    return client.submit("restyle", {"plate": plate}, model="restyle/drifting", parameters=parameters)


def test_takes_are_made_once_though_the_server_is_killed(own: Server, studio: Studio) -> None:
    gate, plate = studio.gate("takes", 1), pan()
    with own.connect() as client:
        job = filmed(client, gate, plate)
        gate.wait_started(2)
        own.kill()
        own.start()
        gate.wait_started(3)
        gate.open()
        once = digests(job)
        assert len(once) == len(plate) and gate.finished == TAKES
        # Another job with other work afterwards has its takes from there.
        other = filmed(client, gate, plate, keep_colour=True)
        figures = {frame.spec.number: frame.spec.figures for _, frame in other.frames()}
        assert gate.finished == TAKES
    summary = summed_up(figures)
    assert summary is not None and not [look for look in summary.looks if look.figure == "join"]


def test_joins_that_show_are_named(own: Server, studio: Studio) -> None:
    gate = studio.gate("joins", TAKES)
    with own.connect() as client:
        job = filmed(client, gate, pan(), tie_colour=False)
        summary = summed_up({frame.spec.number: frame.spec.figures for _, frame in job.frames()})
    assert summary is not None
    joins = [look.number for look in summary.looks if look.figure == "join"]
    assert len(joins) == TAKES - 1 and joins[0] in range(13, 18) and joins[1] in range(25, 30)


def test_a_cancelled_job_gives_what_its_takes_gave_and_makes_no_more(own: Server, studio: Studio) -> None:
    gate = studio.gate("cancelled", 1)
    with own.connect() as client:
        job = filmed(client, gate, pan())
        gate.wait_started(2)
        until(lambda: job.refresh().progress.frames_done == 12, "the first take's frames are there")
        until(lambda: job.refresh().message.startswith("Take 2 of 3"), "it says which take it is at")
        job.cancel()
        until(lambda: job.refresh().state is JobState.CANCELLED, "it is cancelled")
        gate.open()
    assert gate.started == 2 and gate.finished == 1
