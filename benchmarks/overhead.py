"""A restyle by the server, from plate to frames fetched, against the bare model called in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.plates import WEIGHTS, client_of_new_server, median, plate
from replate_server.operations.compliance import Recorder
from replate_server.operations.restyle.adain import AdaIN
from replate_server.weights import Policy, WeightStore

TITLE = "AdaIN at 640 px: frames a second, as a fraction of the model called in process"
AIM = 0.95
FRAMES, ROUNDS, WIDTH, HEIGHT = 4, 3, 640, 360


def measure() -> dict[str, Any]:
    """`fraction_of_in_process` is the median of the rounds' ratios."""
    model = AdaIN()
    store = WeightStore(WEIGHTS, Policy())
    model.load({name: store.get(name) for name in model.card.weights}, "cpu")
    ratios, served, direct = [], [], []
    with client_of_new_server() as client:
        style = plate(9000, 1, WIDTH, HEIGHT, "RGB")
        client.submit("restyle", {"plate": plate(8000, 1, WIDTH, HEIGHT, "RGB"), "style": style}).wait()
        for turn in range(1, ROUNDS + 1):
            frames = plate(turn * 100, FRAMES, WIDTH, HEIGHT, "RGB")
            start = time.perf_counter()
            for _ in client.submit("restyle", {"plate": frames, "style": style}).frames():
                pass
            served.append((time.perf_counter() - start) / FRAMES)
            tensors = [frame.pixels.astype(np.float32) for frame in frames]
            look = model.look(lambda: style[0].pixels.astype(np.float32), "style", None, Recorder())
            start = time.perf_counter()
            for tensor in tensors:
                model.run(tensor, look, {"strength": 1.0}, Recorder())
            direct.append((time.perf_counter() - start) / FRAMES)
            ratios.append(direct[-1] / served[-1])
    return {
        "fraction_of_in_process": round(median(ratios), 3),
        "served_s_a_frame": round(median(served), 3),
        "in_process_s_a_frame": round(median(direct), 3),
        "frames": FRAMES,
        "rounds": ROUNDS,
    }


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["in process", "served"], [1.0, figures["fraction_of_in_process"]], AIM
