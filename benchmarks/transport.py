"""A 1080p RGBA half plate through the identity model, against a bare gRPC byte stream of the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.plates import client_of_new_server, median, plate
from benchmarks.raw import raw_stream
from replate.connection import Client
from replate.memory import keep_freed_memory

TITLE = "1080p RGBA half there and back, as a fraction of a bare gRPC byte stream"
AIM = 0.8
FRAMES, ROUNDS, SINGLES = 64, 9, 15


def measure() -> dict[str, Any]:
    """`fraction_of_raw_stream` is the median of the rounds' ratios; milliseconds are medians."""
    # As in the agent and on the command line.
    keep_freed_memory()
    ratios, raw_ms, streamed_ms = [], [], []
    with client_of_new_server() as client, raw_stream() as raw:
        size = plate(0, 1, 1920, 1080)[0].spec.size
        _stream(client, 0)
        raw.round_trip(FRAMES * size)
        for turn in range(1, ROUNDS + 1):
            frames = plate(turn * FRAMES, FRAMES, 1920, 1080)
            streamed = _timed(lambda frames=frames: _identity(client, frames))
            bare = raw.round_trip(FRAMES * size)
            ratios.append(bare / streamed)
            raw_ms.append(bare / FRAMES * 1e3)
            streamed_ms.append(streamed / FRAMES * 1e3)
        singles = [
            _timed(lambda frames=frames: _identity(client, frames)) * 1e3
            for frames in (plate(10_000 + turn, 1, 1920, 1080) for turn in range(SINGLES))
        ]
    return {
        "fraction_of_raw_stream": round(median(ratios), 3),
        "fraction_least": round(min(ratios), 3),
        "fraction_most": round(max(ratios), 3),
        "round_trip_ms": round(median(singles), 1),
        "streamed_ms_a_frame": round(median(streamed_ms), 1),
        "raw_ms_a_frame": round(median(raw_ms), 1),
        "frames": FRAMES,
        "rounds": ROUNDS,
    }


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["bare stream", "Replate"], [1.0, figures["fraction_of_raw_stream"]], AIM


def _stream(client: Client, first: int) -> None:
    _identity(client, plate(first, FRAMES, 1920, 1080))


def _identity(client: Client, frames: Any) -> None:
    got = sum(1 for _ in client.submit("identity", {"plate": frames}).frames())
    assert got == len(frames), f"{got} of {len(frames)} frames came back"


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
