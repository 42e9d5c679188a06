"""Two models that fit a budget one at a time, asked for in turn: what they take, and what is free again, and when."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from benchmarks.device import device
from benchmarks.large_models import SIZES, WORKING, Large, Nothing, One, Other
from benchmarks.plates import client_of_new_server, median, plate
from replate.connection import Client
from replate.jobs import Job
from replate.values import Value

TITLE = "Models in turn: the most memory taken, as a fraction of the budget"
AIM = 1.0
SWAPS = 4
LONGEST_CANCEL = 60.0
SAMPLE_EVERY = 0.01
_MIB, _GIB = 1 << 20, 1 << 30
_TENSOR = 8 * _MIB
_FREE = 32 * _MIB
"""What more may be taken when all is said to be free."""

_numbers = itertools.count(1)


def measure() -> dict[str, Any]:
    """`peak_of_budget`, and what is `left`, are over what the worker takes with no model, PyTorch included.

    `swap_seconds` is what asking for the model that is not there costs more than asking again. `cancel_seconds` is from
    cancelling a window until its memory is free.
    """
    held, working = (12 * _GIB, 4 * _GIB) if device() != "cpu" else (_GIB, _GIB // 4)
    # A tenth to spare.
    budget = (held + working) * 11 // 10
    # What is set for this server must not be for the next benchmark's.
    with tempfile.TemporaryDirectory(prefix="replate-bench-") as folder, patch.dict(os.environ):
        _install(Path(folder), held, working, budget)
        with client_of_new_server([device()]) as client:
            figures = _measure(client, budget, held)
    return figures | {"budget_gib": round(budget / _GIB, 2), "model_gib": round(held / _GIB, 2)}


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["at the most"], [figures["peak_of_budget"]], AIM


def _measure(client: Client, budget: int, held: int) -> dict[str, Any]:
    # The first has the worker import what all have in common.
    _ask(client, One).wait()
    _ask(client, Nothing).wait()
    worker = next(
        child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())
    )
    empty = _taken(worker)
    swaps, stays = [], []
    with _watched(worker) as most:
        for turn in range(SWAPS):
            model = (One, Other)[turn % 2]
            swaps.append(_seconds(client, model))
            stays.append(_seconds(client, model))
    _ask(client, Nothing).wait()
    evicted = _taken(worker)
    job = _ask(client, One, seconds=600.0)
    next(event for event in job.events() if event.info is not None and WORKING in event.info.message)
    loaded, at_work, start = empty + held, _taken(worker), time.perf_counter()
    job.cancel()
    while _taken(worker) > loaded + _FREE and time.perf_counter() - start < LONGEST_CANCEL:
        # Another process's memory says nothing when it changes.
        time.sleep(SAMPLE_EVERY)
    cancelling = time.perf_counter() - start
    return {
        "peak_of_budget": round((most() - empty) / budget, 3),
        "swap_seconds": round(median(swaps) - median(stays), 2),
        "left_after_eviction_mib": round((evicted - empty) / _MIB, 1),
        "window_mib": round((at_work - loaded) / _MIB, 1),
        "left_after_cancel_mib": round((_taken(worker) - loaded) / _MIB, 1),
        "cancel_seconds": round(cancelling, 2),
        "swaps": SWAPS,
    }


def _ask(client: Client, model: type[Large], seconds: float = 0.0) -> Job:
    """For one frame, of a plate that nobody had before."""
    frame, style = plate(next(_numbers), 1, 64, 64, "RGB"), plate(0, 1, 64, 64, "RGB")
    parameters: Mapping[str, Value] = {"seconds": seconds, "hold": "frames"}
    return client.submit("restyle", {"plate": frame, "style": style}, model=model.card.name, parameters=parameters)


def _seconds(client: Client, model: type[Large]) -> float:
    """Until a frame is done."""
    start = time.perf_counter()
    _ask(client, model).wait()
    return time.perf_counter() - start


def _taken(worker: psutil.Process) -> int:
    """Bytes: of the worker's own on a processor, and of the whole card, which nobody else uses, on a GPU."""
    if device() == "cpu":
        # Without what it has mapped of files, which the system takes back as it likes.
        info = worker.memory_info()
        return int(info.rss - info.shared)
    import torch

    free, total = torch.cuda.mem_get_info(device())
    return total - free


@contextmanager
def _watched(worker: psutil.Process) -> Iterator[Callable[[], int]]:
    """What is most taken within the block."""
    seen, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_EVERY):
            seen.append(max(seen.pop(), _taken(worker)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: seen[0]
    finally:
        ended.set()
        watcher.join()


def _install(folder: Path, held: int, working: int, budget: int) -> None:
    """Weights, and the models as a studio's package, for the servers that are started from now on."""
    import torch
    from safetensors.torch import save_file

    weights = folder / "weights.safetensors"
    save_file(
        {f"layer.{index}": torch.full((_TENSOR // 2,), 1.0, dtype=torch.float16) for index in range(held // _TENSOR)},
        weights,
    )
    info = folder / "large_models-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: large-models\nVersion: 1.0\n")
    entries = [f"{model.card.name} = {model.__module__}:{model.__name__}" for model in (One, Other, Nothing)]
    (info / "entry_points.txt").write_text("\n".join(["[replate.models]", *entries, ""]))
    os.environ["PYTHONPATH"] = os.pathsep.join((str(folder), str(Path(__file__).parents[1])))
    os.environ[SIZES] = f"{working} {held + working} {budget} {weights}"
    os.environ["REPLATE_WORKER__MEMORY_GB"] = str(budget / _GIB)
