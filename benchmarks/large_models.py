"""Models as large as a benchmark says, that only hold their weights and take memory at work."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from replate.values import Parameter, ParameterType
from replate_server.operations.contract import Card, Steps, Tensor

SIZES = "BENCHMARK_LARGE_MODELS"
"""The environment variable: bytes at work, of weights and work together, and of the budget, and the weights' file."""
WORKING = "At work"
"""What a window says when it has all its memory."""


class Large:
    """Gives the picture back, after as many seconds as it is asked to take."""

    card: Card

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        from safetensors.torch import load_file

        self._working = _sizes()[0]
        self._weights = {name: tensor.to(device, copy=True) for name, tensor in load_file(_file()).items()}

    def look(self, style: Any, name: str, whole: Tensor | None, steps: Steps) -> None:
        """There is nothing to know of a style."""

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        tensors = list(self._weights.values())
        taken, work, index = 0, [], 0
        while taken < self._working:
            work.append(tensors[index % len(tensors)] + 1)
            taken += work[-1].numel() * work[-1].element_size()
            index += 1
        until = time.monotonic() + float(parameters["seconds"])
        while time.monotonic() < until:
            steps.progress(0.5, WORKING)
            work[0].add_(1)
        return picture


_SECONDS = Parameter("seconds", "Seconds", ParameterType.REAL, 0.0, "How long it takes.", 0.0, 1e3)


def _sizes() -> tuple[int, int, int]:
    # Where models are only listed there is no benchmark.
    working, together, budget = os.environ.get(SIZES, "1 1 1").split(" ")[:3]
    return int(working), int(together), int(budget)


def _file() -> str:
    return os.environ[SIZES].split(" ", 3)[3]


def _card(name: str) -> Card:
    return Card(name, name, "For a benchmark.", "1", "CC0-1.0", parameters=(_SECONDS,), memory_bytes=_sizes()[1])


class One(Large):
    card = _card("restyle/large-one")


class Other(Large):
    card = _card("restyle/large-other")


class Nothing(Large):
    """Takes all of the budget by its own word, and nothing in truth: the others make room for it."""

    card = replace(_card("restyle/large-nothing"), memory_bytes=_sizes()[2])

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        import torch

        self._weights = {"nothing": torch.zeros(1, device=device)}
        self._working = 1
