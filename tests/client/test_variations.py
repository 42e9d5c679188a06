"""Several jobs at once: one digest and one sending of what they share, and all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

import replate
from replate.errors import BadRequest
from replate.frame import Fingerprint, Frame, FrameSpec
from replate.media import Plate, PlateWriter, open_plate
from replate.media.plates import Source
from replate.variations import Variation, combined, vary

MakeFrames = Callable[..., list[Frame]]


class Server(Protocol):
    address: str


class Counted:
    """A plate's files, and how many were read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.reads: list[int] = []

    @property
    def numbers(self) -> tuple[int, ...]:
        return self._source.numbers

    def spec(self, number: int) -> FrameSpec:
        return self._source.spec(number)

    def read(self, number: int) -> Frame:
        self.reads.append(number)
        return self._source.read(number)

    def fingerprint(self, number: int) -> Fingerprint | None:
        return self._source.fingerprint(number)


def test_what_they_share_is_hashed_once_and_sent_once(server: Server, make_frames: MakeFrames, tmp_path: Path) -> None:
    frames = make_frames()
    for frame in frames:
        PlateWriter(tmp_path / "a.####.exr").write(frame)
    source = Counted(open_plate(tmp_path / "a.####.exr"))
    plate = Plate(tmp_path / "a.####.exr", source)
    with replate.connect(server.address, cache=tmp_path / "cache") as client:
        tried = [Variation(f"seed {seed}", {"plate": plate}, seed=seed) for seed in range(5)]
        jobs = vary(client, "identity", tried, frames=(1002, 1003), title="shot")
        given = [[frame for _, frame in job.frames()] for job in jobs]
    # Once for its digest; and once more at most, where a job sends it before the offer does that has it in memory.
    assert all(1 <= source.reads.count(number) <= 2 for number in (1001, 1002, 1003, 1004))
    assert sum(job.sent.bytes for job in jobs) <= sum(frame.spec.size for frame in frames)
    assert [job.info.title for job in jobs] == [f"shot {seed + 1}/5: seed {seed}" for seed in range(5)]
    for each in given:
        assert {frame.spec.number for frame in each} == {1002, 1003}
        for frame in each:
            assert (frame.pixels == frames[frame.spec.number - 1001].pixels).all()


def test_when_one_is_refused_none_is_left(server: Server, make_frames: MakeFrames) -> None:
    with replate.connect(server.address) as client:
        plate = make_frames()
        tried = [Variation("good", {"plate": plate}), Variation("bad", {"plate": plate}, parameters={"nonsense": 1})]
        with pytest.raises(BadRequest, match="nonsense"):
            vary(client, "identity", tried, title="refused")
        left = [job for job in client.jobs() if job.info.title.startswith("refused")]
        assert [job.state.ended for job in left] == [True]


def test_every_combination_is_tried_the_last_name_changing_fastest() -> None:
    assert combined({"strength": ("0.4", "0.8"), "seed": ("1", "2")}) == [
        {"strength": "0.4", "seed": "1"},
        {"strength": "0.4", "seed": "2"},
        {"strength": "0.8", "seed": "1"},
        {"strength": "0.8", "seed": "2"},
    ]
    assert len(combined({"a": "12345678", "b": "12345678"})) == 64
    with pytest.raises(BadRequest, match="72 variations, over the limit of 64"):
        combined({"a": "12345678", "b": "123456789"})
