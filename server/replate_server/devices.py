"""Which devices this machine has, and what a worker on each may use."""

from __future__ import annotations

import os
import shutil
from typing import Any

import psutil

from replate.errors import BadRequest
from replate_server.settings import GIGABYTE, Settings
from replate_server.worker.contract import WorkerSetup

SHARE = 0.8
"""How much of a device's memory models may take, unless the settings say."""


def worker_setups(settings: Settings) -> list[WorkerSetup]:
    """A worker's setup for each device. Raises `BadRequest` for a device that is not there."""
    names = settings.worker.devices or _present()
    processors = os.cpu_count() or 1
    return [
        WorkerSetup(
            # The processor may have several workers, and so may a device with memory to spare.
            name=name if names[:index].count(name) == 0 else f"{name}#{names[:index].count(name) + 1}",
            device=name,
            store=settings.data / "frames",
            weights=settings.weights_folder,
            registries=settings.weights.registries,
            loras=settings.weights.loras,
            allow_non_commercial=settings.weights.allow_non_commercial,
            refuse=settings.weights.refuse,
            allow=settings.weights.allow,
            memory_bytes=_memory(name, names.count(name), settings.worker.memory_gb),
            # What was set is a promise to others on the card; what was guessed leaves a reserve that may be used.
            memory_enforced=settings.worker.memory_gb is not None,
            keep_models_seconds=settings.worker.keep_models_seconds,
            threads=max(1, processors // len(names)),
            log_level=settings.log_level,
        )
        for index, name in enumerate(names)
    ]


def _present() -> tuple[str, ...]:
    # Loading PyTorch takes seconds; a machine without NVIDIA's tools need not wait for it.
    if shutil.which("nvidia-smi") is None:
        return ("cpu",)
    torch = _torch()
    return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count())) or ("cpu",)


def _memory(name: str, sharers: int, said: float | None) -> int:
    if said is not None:
        return int(said * GIGABYTE / sharers)
    if name == "cpu":
        return int(psutil.virtual_memory().total * SHARE / sharers)
    torch = _torch()
    kind, _, index = name.partition(":")
    if kind != "cuda" or not index.isdecimal() or int(index) >= torch.cuda.device_count():
        raise BadRequest(
            f"There is no device {name} on this machine: worker.devices takes cpu, cuda:0 and so on, "
            f"and {torch.cuda.device_count()} CUDA devices are here."
        )
    return int(torch.cuda.get_device_properties(int(index)).total_memory * SHARE / sharers)


def _torch() -> Any:
    import torch

    return torch
