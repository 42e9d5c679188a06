"""A device's memory, as the worker on it keeps to it."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

from replate.memory import give_back_freed_memory

_ALLOCATOR = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")
"""Environment variables that PyTorch reads for its allocator, the first that is there."""


def prepare(device: str) -> None:
    """Has PyTorch's memory on a GPU grow in place, unless the studio said otherwise. Before PyTorch is imported.

    Memory that is reserved in blocks of each size asked for cannot be put together again: a model that comes after
    another of other sizes finds none though enough is free.
    """
    if device.startswith("cuda") and sys.platform == "linux" and not any(name in os.environ for name in _ALLOCATOR):
        os.environ[_ALLOCATOR[0]] = "expandable_segments:True"


def limit_memory(device: str, memory_bytes: int) -> None:
    """Has PyTorch refuse what goes over a budget on a GPU: it then raises as when the GPU were full.

    What CUDA itself takes for a process, some hundreds of megabytes, and ONNX Runtime's memory do not count.
    """
    if device.startswith("cuda"):
        with suppress(ImportError):
            torch: Any = import_module("torch")
            total = torch.cuda.get_device_properties(device).total_memory
            torch.cuda.set_per_process_memory_fraction(min(memory_bytes / total, 1.0), device)


def release_memory(device: str) -> None:
    """Hands freed memory back to the device and the machine, so that others can have it."""
    gc.collect()
    # Without PyTorch none of its memory is held, and to import it takes seconds.
    torch: Any = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda") and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
        # What was pinned on the machine's side for copies to and fro; older PyTorch cannot be asked for it.
        with suppress(AttributeError):
            torch.accelerator.empty_host_cache()
    give_back_freed_memory()


def device_works(device: str) -> bool:
    """Whether a device still answers. After some errors CUDA refuses all else that the process asks."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True
