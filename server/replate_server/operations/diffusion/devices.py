"""Where a network is at work."""

from __future__ import annotations

from typing import Any


def working_device(network: Any) -> Any:
    """Where it takes what it is given: with parts that come and go, that is not where it is."""
    from diffusers.utils.torch_utils import get_module_execution_device

    return get_module_execution_device(network)
