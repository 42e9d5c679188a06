"""How PyTorch's networks are run here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def exact() -> Iterator[None]:
    """No gradients, and on a GPU the same numbers every time."""
    with torch.inference_mode(), repeatable():
        yield


@contextmanager
def repeatable() -> Iterator[None]:
    """No gradients, and the same numbers every time, where weights are moved meanwhile: tensors of `inference_mode`
    may not be put in the place of others afterwards."""
    with (
        torch.no_grad(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        yield
