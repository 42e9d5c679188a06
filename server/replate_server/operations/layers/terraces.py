"""Depth that was kept in few steps, as in 8 bits, smoothed between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor

Array = NDArray[Any]

_MOST = 1024
"""Depth that has more values than this was not kept in steps, or in such as do no harm."""
_HIGHEST = 1 / 24
"""Of the whole depth, what a step may be that is one of many; a higher one is an edge, as between cards."""
_LEAST = 4096
"""Of fewer known pixels nothing can be said."""
_STRIDES = (16, 8, 4, 2, 1, 1)
"""Pixels over which terraces are evened out, one after the other."""
_TURNS = 8


def without_terraces(near: Tensor, known: NDArray[np.bool_]) -> Tensor:
    """The smoothest depth that, kept in the steps of `near` [height, width], would be just that.

    Every value may move half-way to the next that occurs, and moves to the mean of those pixels around that are at
    most a step away: a slope becomes even, and an edge of two steps or more stays as it is, as does any that is high.
    Depth with many values, as floats have them, and what is not `known`, comes back untouched.
    """
    values = near[known]
    if values.size < _LEAST or np.unique(values[:: max(values.size // 20_000, 1)]).size > _MOST:
        return near
    steps = np.unique(values)
    if not 2 < steps.size <= _MOST:
        return near
    # Values to either side of a step that is too high are no neighbours.
    rank = np.cumsum(np.concatenate(([1], np.where(np.diff(steps) > _HIGHEST * np.ptp(steps), 2, 1))))
    place = np.searchsorted(steps, near).clip(0, steps.size - 1)
    level = rank[place].astype(np.int32)
    level[~known] = -1
    ends = np.concatenate(([steps[0]], (steps[1:] + steps[:-1]) / 2, [steps[-1]])).astype(np.float32)
    least, most = ends[place], ends[place + 1]
    even = near.copy()
    for stride in _STRIDES:
        beside = [pair for axis in (0, 1) for pair in _pairs(near.shape, axis, stride)]
        alike = [np.abs(level[here] - level[there]) <= 1 for here, there in beside]
        count = np.ones(near.shape, np.float32)
        for (here, _), same in zip(beside, alike, strict=True):
            count[here] += same
        for _ in range(_TURNS):
            total = even.copy()
            for (here, there), same in zip(beside, alike, strict=True):
                total[here] += np.where(same, even[there], 0)
            even = np.where(known, np.clip(total / count, least, most), near).astype(np.float32)
    return even


def _pairs(shape: tuple[int, ...], axis: int, stride: int) -> list[tuple[Any, Any]]:
    """Where there are neighbours this far apart along an axis: here and there, either way."""
    if shape[axis] <= stride:
        return []
    first = tuple(slice(None, -stride) if each == axis else slice(None) for each in (0, 1))
    second = tuple(slice(stride, None) if each == axis else slice(None) for each in (0, 1))
    return [(first, second), (second, first)]
