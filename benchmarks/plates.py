"""Plates to measure with, and a server to send them to."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import replate
from replate.connection import Client
from replate.demo.server import serving
from replate.frame import Box, Frame, FrameSpec

WEIGHTS = Path(__file__).parents[1] / ".cache" / "weights"


def plate(first: int, count: int, width: int, height: int, channels: str = "RGBA") -> list[Frame]:
    """Noise that no frame shares with another, scene-linear half in [0, 1]."""
    window = Box(0, 0, width, height)
    ground = np.random.default_rng(first).random((height, width, len(channels)), np.float32).astype(np.float16)
    frames = []
    for number in range(first, first + count):
        pixels = ground.copy()
        pixels[0, 0, 0] = number % 2048
        spec = FrameSpec(number, window, window, tuple(channels), colour_space="lin_rec709")
        frames.append(Frame(spec, pixels))
    return frames


@contextmanager
def client_of_new_server(devices: Sequence[str] = ()) -> Iterator[Client]:
    """A client of a server of its own, on loopback, with a store as full as a store in use is.

    The server has a worker on each of `devices`, or, with none named, on those that it finds.
    """
    with tempfile.TemporaryDirectory(prefix="replate-bench-") as folder:
        data = Path(folder)
        WEIGHTS.mkdir(parents=True, exist_ok=True)
        (data / "weights").symlink_to(WEIGHTS)
        os.environ |= {"REPLATE_STORE__LIMIT_GB": "1", "REPLATE_STORE__GRACE_SECONDS": "0"}
        os.environ["REPLATE_WORKER__DEVICES"] = json.dumps(list(devices))
        with serving(data) as address, replate.connect(address, cache=data / "cache") as client:
            yield client


def median(values: Sequence[float]) -> float:
    return float(np.median(values))
