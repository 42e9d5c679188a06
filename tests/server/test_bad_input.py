"""What is wrong is refused with the right status and one sentence that says what to do, and the server serves on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from asking import Row, Verdict, Wire, spoilt, wire_of
from bad_jobs import JOBS
from bad_plates import FILES, FRAMES, UPLOADS
from replate.connection import Client
from replate.errors import ReplateError
from replate.v1 import jobs_pb2
from replate.wire_values import read_state
from serving import Server, digests, noise


@pytest.fixture(scope="module")
def wire(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with server.connect() as client, wire_of(server, client, tmp_path_factory.mktemp("plates")) as wire:
        yield wire


@pytest.mark.parametrize("row", [*UPLOADS, *FRAMES, *FILES, *JOBS], ids=lambda row: row.name)
def test_what_is_bad_is_refused_in_one_sentence_and_the_server_serves_on(wire: Wire, row: Row) -> None:
    verdict, said = judged(wire, row)
    assert (verdict, said) == (row.verdict, said)
    assert re.fullmatch(row.sentence, said), said
    assert is_one_sentence(said), said
    assert len(digests(wire.client.submit("identity", {"plate": noise()}))) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_reported_and_not_spread(client: Client, value: float) -> None:
    clean, style = noise(size=(64, 48))[0], noise()
    # A model that changes nothing: what differs is what the sample did.
    job = client.submit("restyle", {"plate": spoilt(clean, value), "style": style}, model="restyle/bulky")
    ((_, given),) = job.frames()
    (warning,) = job.warnings
    assert "1001" in warning
    assert is_one_sentence(warning), warning
    assert np.isfinite(given.pixels).all()
    differ = ~np.isclose(given.pixels, clean.pixels, rtol=2e-3, atol=1e-4).all(axis=2)
    assert np.argwhere(differ).tolist() == [[3, 4]]


def judged(wire: Wire, row: Row) -> tuple[Verdict, str]:
    try:
        result = row.do(wire)
    except grpc.RpcError as error:
        return error.code(), error.details()
    except ReplateError as error:
        return type(error), str(error)
    assert isinstance(result, jobs_pb2.Job), "it was taken for good"
    job = wire.outcome(result)
    return read_state(job.state), job.message


def is_one_sentence(said: str) -> bool:
    """It ends with a full stop, and has no other sentence within."""
    return bool(re.fullmatch(r"\S[^\n]*\.", said)) and not re.search(r"[.!] [A-Z]", said)
