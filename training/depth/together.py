"""Several processes that train one network, each on a processor of its own and on pictures of its own.

On processors this is quicker than one process with several threads, which wait for one another at every layer.
`torchrun --nproc-per-node 2 -m training.depth train` starts two; without torchrun there is one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import distributed


def join() -> None:
    """Meets the other processes, where torchrun started this one."""
    if "RANK" in os.environ:
        distributed.init_process_group("gloo")


def rank() -> int:
    """Which of the processes this is. The first writes and measures."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def ranks() -> int:
    """How many there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def average(tensors: Sequence[torch.Tensor]) -> None:
    """Puts into all processes' tensors their mean."""
    if ranks() == 1:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    distributed.all_reduce(flat)
    flat /= ranks()
    for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(mean.view_as(tensor))
