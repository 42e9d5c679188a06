"""The device that is measured: the one a server finds for itself, the first GPU or the processor."""

from __future__ import annotations

from functools import lru_cache

from replate_server.devices import worker_setups
from replate_server.settings import load


@lru_cache(maxsize=1)
def device() -> str:
    """ "cuda:0" or "cpu"."""
    return worker_setups(load())[0].device


def device_name() -> str:
    """The card's name, or "cpu"."""
    if device() == "cpu":
        return "cpu"
    import torch

    return torch.cuda.get_device_name(device())
