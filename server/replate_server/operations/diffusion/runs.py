"""The runs of pipelines that are under way in this process, one within another's step: who is at work just now.

A network may belong to several pipelines. What it is told here is nobody's but the run's that it works for, and it
keeps no pipeline alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from replate_server.operations.contract import Steps

if TYPE_CHECKING:
    import torch

_under_way: list[Steps] = []
"""The innermost is last. A worker's windows run in one thread."""
_MARK = "_replate_watched"


@contextmanager
def under_way(steps: Steps) -> Iterator[None]:
    """A run, in the block: what is watched looks whether its job was cancelled."""
    _under_way.append(steps)
    try:
        yield
    finally:
        _under_way.pop()


def watch(network: torch.nn.Module) -> None:
    """Has a network look at every layer whether the job that it is at work for was cancelled."""
    import torch

    for module in network.modules():
        if isinstance(module, torch.nn.ModuleList):
            for layer in module:
                if not hasattr(layer, _MARK):
                    setattr(layer, _MARK, True)
                    layer.register_forward_pre_hook(_look)


def _look(*_: Any) -> None:
    if _under_way:
        _under_way[-1].check()
