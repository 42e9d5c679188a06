"""Which implementation of attention a network uses: the quickest exact one that its device and the machine have."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

_HOPPER = (9, 0)
_AMPERE = (8, 0)


def backend(device: str, capability: tuple[int, int], installed: Callable[[str], bool]) -> str:
    """diffusers' name of it. PyTorch's own ("native") where nothing better is installed; `capability` is the GPU's.

    Those that compute in 8 bits are never chosen: they change the picture.
    """
    if device.startswith("cuda"):
        # FlashAttention 3 was written for Hopper alone.
        if capability[0] == _HOPPER[0] and installed("flash_attn_interface"):
            return "_flash_3"
        if capability >= _AMPERE and installed("flash_attn"):
            return "flash"
    return "native"


def attend(network: Any, device: str) -> None:
    """Has a network use it, where it lets itself be told."""
    if device.startswith("cuda") and hasattr(network, "set_attention_backend"):
        import torch

        network.set_attention_backend(backend(device, torch.cuda.get_device_capability(device), _installed))


def _installed(package: str) -> bool:
    return find_spec(package) is not None
