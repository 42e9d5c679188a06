"""Hosting Wan VACE against diffusers' own loop, on the same device, with random weights.

On a GPU the architecture has the size of the published 1.3B model; on a processor one that takes seconds.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tests.server.operations.diffusion.checkpoints import WanSize, wan_vace

from benchmarks.device import device
from benchmarks.plates import median
from replate.errors import Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from replate_server.operations.restyle.controls import grey_of
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.wan import WanVace

TITLE = "Wan VACE hosted: its speed, as a fraction of diffusers' own loop"
AIM = 0.97
ROUNDS = 5
CANCELLATIONS = 5

_PUBLISHED = WanSize(
    {"vocab_size": 256384, "d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64},
    {},
    {"num_attention_heads": 12, "attention_head_dim": 128, "text_dim": 4096, "ffn_dim": 8960},
    30,
)
_SMALL = WanSize(
    {"vocab_size": 30, "d_model": 256, "d_kv": 64, "d_ff": 512, "num_layers": 4, "num_heads": 4},
    {"base_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1},
    {"num_attention_heads": 4, "attention_head_dim": 64, "text_dim": 256, "ffn_dim": 1024},
    8,
)


def measure() -> dict[str, Any]:
    """`fraction_of_bare` is the median of the rounds' ratios; of cancelling, the time from asking to the end."""
    import torch

    large = device() != "cpu"
    size, (width, height, count, steps) = (_PUBLISHED, (832, 480, 81, 20)) if large else (_SMALL, (192, 112, 17, 10))
    with tempfile.TemporaryDirectory() as folder:
        weights = {"wan-vace-1.3b": wan_vace(Path(folder), size, torch.bfloat16 if large else torch.float32)}
        model = WanVace()
        way = model.ways(weights, device())[0]
        start = time.perf_counter()
        model.load(weights, device())
        loading = time.perf_counter() - start
        rng = np.random.default_rng(1)
        take = Take(tuple(range(count)), 0, [rng.random((height, width, 3), np.float32) for _ in range(count)])
        parameters = check_parameters(operations()["restyle"], WanVace.card, {"prompt": "night", "steps": steps})
        ratios, hosted, bare = [], [], []
        for turn in range(ROUNDS + 1):
            start = time.perf_counter()
            model.repaint(take, parameters, turn, Recorder())
            middle = time.perf_counter()
            _bare(model, take, parameters, turn)
            end = time.perf_counter()
            # The first is for libraries to find out how they are quickest.
            if turn:
                hosted.append(middle - start)
                bare.append(end - middle)
                ratios.append(bare[-1] / hosted[-1])
        step = median(hosted) / steps
        waits = [_cancelled(model, take, parameters, (index + 0.5) * step) for index in range(CANCELLATIONS)]
    figures = {
        "fraction_of_bare": round(median(ratios), 3),
        "fraction_least": round(min(ratios), 3),
        "seconds": round(median(hosted), 2),
        "frames": count,
        "steps": steps,
        "cancel_ms": round(median(waits) * 1e3, 1),
        "cancel_of_a_step": round(max(waits) / step, 3),
        "loading_seconds": round(loading, 2),
    }
    if large:
        figures["peak_of_budget"] = round(torch.cuda.max_memory_allocated(device()) / way.memory_bytes, 3)
        figures["peak_gib"] = round(torch.cuda.max_memory_allocated(device()) / 2**30, 2)
    return figures


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["diffusers alone", "hosted"], [1.0, figures["fraction_of_bare"]], AIM


def _bare(model: WanVace, take: Take, parameters: Mapping[str, Value], seed: int) -> Any:
    """The same work as diffusers' documentation has it: the pipeline is called, and gives its frames.

    The prompt is encoded beforehand, as it is for every take but a shot's first.
    """
    import torch

    pipeline = model.pipeline.whole
    height, width = take.size
    video = stacked([grey_of(picture) for picture in take.pictures])[None]
    with torch.no_grad():
        return pipeline(
            **model.told(parameters, pipeline),
            video=video,
            mask=torch.ones_like(video),
            height=height,
            width=width,
            num_frames=len(take.numbers),
            num_inference_steps=parameters["steps"],
            generator=torch.Generator().manual_seed(seed),
            output_type="np",
        ).frames[0]


class _Stopped(Recorder):
    """Steps of a job that is cancelled from another thread."""

    def __init__(self, asked: threading.Event) -> None:
        super().__init__()
        self._asked = asked

    def check(self) -> None:
        if self._asked.is_set():
            raise Cancelled("The job was cancelled.")

    def progress(self, fraction: float, message: str = "") -> None:
        self.check()


def _cancelled(model: WanVace, take: Take, parameters: Mapping[str, Value], after: float) -> float:
    """Seconds from asking, `after` seconds into the work, to its end."""
    asked, said = threading.Event(), 0.0

    def ask() -> None:
        nonlocal said
        said = time.perf_counter()
        asked.set()

    timer = threading.Timer(after, ask)
    timer.start()
    try:
        model.repaint(take, parameters, 0, _Stopped(asked))
    except Cancelled:
        return time.perf_counter() - said
    raise RuntimeError("The work ended before it was cancelled: give it more steps.")
