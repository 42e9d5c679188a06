"""ONNX Runtime sessions, as models here use them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from replate.errors import Unmet
from replate_server.operations.memory import out_of_memory

_log = logging.getLogger(__name__)

Run = Callable[[Mapping[str, NDArray[Any]]], list[NDArray[Any]]]


def session(weights: Path, device: str) -> Run:
    """A network in a file (ONNX, or ONNX Runtime's own format), ready on "cpu" or "cuda:N".

    What it gives takes arrays by input name and returns the outputs in the network's order; it keeps no memory
    between runs but the weights. The same inputs give the same outputs. Where ONNX Runtime is installed for the CPU
    alone, it runs there, and the log says so. Raises `Unmet` where the file is no network, and MemoryError.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    options.inter_op_num_threads = 1
    # An arena keeps the largest picture's memory for ever; a worker shares its machine.
    options.enable_cpu_mem_arena = False
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    if _own_format(weights):
        # The weight store's file names say nothing, and ONNX Runtime would go by the suffix.
        options.add_session_config_entry("session.load_model_format", "ORT")
    try:
        network = onnxruntime.InferenceSession(str(weights), options, providers=_providers(device))
    except Exception as error:
        if out_of_memory(error):
            raise MemoryError from error
        raise Unmet(
            f"The weight file {weights.name} cannot be loaded ({_first_line(error)}); pull it again."
        ) from error

    def run(inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        outputs: list[NDArray[Any]] = network.run(None, dict(inputs))
        return outputs

    return run


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def planes(picture: NDArray[Any]) -> NDArray[Any]:
    """A picture [height, width, channels] as the batch of one that networks take, [1, channels, height, width]."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None])


def _providers(device: str) -> list[Any]:
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        _log.warning(
            "The ONNX Runtime installed here cannot use %s, and runs on the CPU; for speed install onnxruntime-gpu in "
            "the place of onnxruntime.",
            device,
        )
        return ["CPUExecutionProvider"]
    index = int(device.partition(":")[2] or 0)
    cuda = {"device_id": index, "arena_extend_strategy": "kSameAsRequested"}
    return [("CUDAExecutionProvider", cuda), "CPUExecutionProvider"]


def _own_format(weights: Path) -> bool:
    with weights.open("rb") as file:
        return file.read(8)[4:] == b"ORTM"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
