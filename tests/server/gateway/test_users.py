"""A user sees their own jobs and those shared with their projects; nobody waits behind another's long job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from replate.connection import Client
from replate.errors import Denied, NotFound, ReplateError, Unauthenticated
from replate.values import JobState, Priority
from replate_server.gateway.callers import token_sha256
from serving import Server, Studio, digests, noise, serving


@dataclass(frozen=True)
class Artists:
    server: Server
    ann: Client
    bob: Client
    eve: Client


@pytest.fixture(scope="module")
def artists(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Artists]:
    """A server on a unix socket with three users: Ann and Bob are on one show."""
    folder = tmp_path_factory.mktemp("u")
    projects = {"ann": ["show"], "bob": ["show"], "eve": ["other"]}
    users = [{"name": n, "token_sha256": token_sha256(f"{n}'s"), "projects": p} for n, p in projects.items()]
    settings = {**studio.settings, "REPLATE_USERS": json.dumps(users)}
    with (
        serving(folder / "data", listen=f"unix:{folder}/s", settings=settings) as server,
        ExitStack() as stack,
    ):
        ann, bob, eve = (stack.enter_context(server.connect(f"{name}'s")) for name in projects)
        yield Artists(server, ann, bob, eve)


@pytest.mark.parametrize("token", ["", "nobody's", "ann's "])
def test_who_has_no_token_of_this_server_is_told_what_to_do(artists: Artists, token: str) -> None:
    with artists.server.connect(token) as stranger, pytest.raises(Unauthenticated) as raised:
        stranger.catalog()
    assert str(raised.value) == "This server does not know you: set REPLATE_TOKEN to the token that its TD gave you."


def test_a_job_is_its_owners_alone(artists: Artists) -> None:
    job = artists.ann.submit("identity", {"plate": noise()})
    job.wait()
    assert job.id in {other.id for other in artists.ann.jobs()}
    for stranger in (artists.bob, artists.eve):
        assert job.id not in {other.id for other in stranger.jobs()}
        for ask in (
            lambda who=stranger: who.job(job.id),
            lambda who=stranger: who.submit("restyle", {"plate": job.output("plate"), "style": noise()}),
        ):
            with pytest.raises(NotFound, match=f"There is no job {job.id} on this server"):
                ask()


def test_a_job_that_is_shared_is_seen_by_the_project_and_nobody_else(artists: Artists) -> None:
    job = artists.ann.submit("identity", {"plate": noise()}, project="show")
    job.wait()
    assert len(digests(artists.bob.job(job.id))) == 1
    assert job.id in {other.id for other in artists.bob.jobs()}
    assert job.id not in {other.id for other in artists.eve.jobs()}
    with pytest.raises(NotFound):
        artists.eve.job(job.id)


def test_a_job_can_be_shared_with_ones_own_projects_only(artists: Artists) -> None:
    with pytest.raises(Denied, match=r"You are not in the project show: share with one of yours \(other\)\."):
        artists.eve.submit("identity", {"plate": noise()}, project="show")


def test_one_artists_long_job_does_not_starve_anothers_preview(artists: Artists, studio: Studio) -> None:
    gate, numbers = studio.gate("long", 2), range(1, 41)
    plate, style = noise(numbers), noise()
    long = artists.ann.submit(
        "restyle", {"plate": plate, "style": style}, model="restyle/invert", parameters=gate.parameters
    )
    long.wait_sent()
    gate.wait_started(3)
    preview = artists.bob.submit(
        "restyle", {"plate": noise(), "style": style}, model="restyle/invert", priority=Priority.PREVIEW
    )
    preview.wait_sent()
    # The window that runs and perhaps the one after it, no more.
    gate.allow(5)
    preview.wait()
    assert long.refresh().state is JobState.RUNNING
    gate.open()
    long.wait()


def test_whoever_may_not_see_a_job_may_not_stop_it(artists: Artists, studio: Studio) -> None:
    gate = studio.gate("not-yours")
    job = artists.ann.submit(
        "restyle", {"plate": noise(), "style": noise()}, model="restyle/invert", parameters=gate.parameters
    )
    with pytest.raises(ReplateError):
        artists.eve.job(job.id).cancel()
    gate.open()
    job.wait()
