"""A restyle by the server, from plate to frames fetched, against the bare model called in this process.

Both run on the device that a server finds for itself: the first GPU, or the processor.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.device import device
from benchmarks.plates import WEIGHTS, client_of_new_server, median, plate
from replate.connection import Client
from replate.frame import Frame
from replate.memory import keep_freed_memory
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.restyle.adain import AdaIN
from replate_server.weights import Policy, WeightStore

TITLE = "AdaIN: frames a second, as a fraction of the model called in process"
AIM = 0.95
ROUNDS = 3
WORKERS = 3
BARE: Mapping[str, Value] = {"hold": "frames", "figures": False}
"""All frames are painted, and nothing else is done."""
SMALL, HD = (640, 360), (1920, 1080)


def measure() -> dict[str, Any]:
    """`fraction_of_in_process` is the median of the rounds' ratios, at 640 pixels.

    On a GPU, `hd_` figures are of 1080p, and `hd_workers_` ones of a server with several workers on the GPU: one
    prepares its frame while another's is on the device.
    """
    # As in a worker.
    keep_freed_memory()
    model = AdaIN()
    store = WeightStore(WEIGHTS, Policy())
    model.load({name: store.get(name) for name in model.card.weights}, device())
    if device() == "cpu":
        with client_of_new_server() as client:
            return _measure(client, model, SMALL, 4)
    with client_of_new_server() as client:
        figures = _measure(client, model, SMALL, 48) | _named("hd_", _measure(client, model, HD, 24))
    with client_of_new_server([device()] * WORKERS) as client:
        figures |= _named("hd_workers_", _measure(client, model, HD, 48))
    return figures | {"workers": WORKERS}


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float | None]:
    labels = {"": "served", "hd_": "1080p", "hd_workers_": f"1080p, {WORKERS} workers"}
    found = {label: figures.get(f"{prefix}fraction_of_in_process") for prefix, label in labels.items()}
    shown = {label: value for label, value in found.items() if value is not None}
    # What a GPU does in milliseconds has no aim: to prepare a plate for it takes longer.
    return ["in process", *shown], [1.0, *shown.values()], AIM if figures["device"] == "cpu" else None


def _named(prefix: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}{key}": value for key, value in figures.items() if key not in ("frames", "rounds")}


def _measure(client: Client, model: AdaIN, size: tuple[int, int], count: int) -> dict[str, Any]:
    style = plate(9000, 1, *size, "RGB")
    client.submit("restyle", {"plate": plate(8000, 1, *size, "RGB"), "style": style}, parameters=BARE).wait()
    _in_process(model, plate(8000, 1, *size, "RGB"), style[0])
    ratios, served, direct = [], [], []
    for turn in range(1, ROUNDS + 1):
        frames = plate(turn * 100, count, *size, "RGB")
        start = time.perf_counter()
        for _ in client.submit("restyle", {"plate": frames, "style": style}, parameters=BARE).frames():
            pass
        served.append((time.perf_counter() - start) / count)
        direct.append(_in_process(model, frames, style[0]))
        ratios.append(direct[-1] / served[-1])
    return {
        "fraction_of_in_process": round(median(ratios), 3),
        "served_ms_a_frame": round(median(served) * 1e3, 2),
        "in_process_ms_a_frame": round(median(direct) * 1e3, 2),
        "frames": count,
        "rounds": ROUNDS,
    }


def _in_process(model: AdaIN, frames: list[Frame], style: Frame) -> float:
    """Seconds a frame. The model hands pixels back in memory, and so has waited for its device."""
    tensors = [frame.pixels.astype(np.float32) for frame in frames]
    look = model.look(lambda: iter([style.pixels.astype(np.float32)]), str(style.pixels.shape), None, Recorder())
    start = time.perf_counter()
    for tensor in tensors:
        model.run(tensor, look, {"strength": 1.0}, Recorder())
    return (time.perf_counter() - start) / len(frames)
