"""Which frames a model sees at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """One window of a shot: the frames it delivers, and those it may read; both rising."""

    numbers: tuple[int, ...]
    context: tuple[int, ...]
    """Those to deliver, with the frames before and after that belong to the window."""


def plan(numbers: Iterable[int], length: int | None, before: int, after: int) -> tuple[WindowPlan, ...]:
    """The windows that deliver each frame exactly once, in rising order.

    `length` frames a window (the last may have fewer), or the whole shot in one for None. `before` and
    `after` count frames that exist: where numbers have gaps, the next one there is belongs to the context.
    """
    frames = tuple(sorted(set(numbers)))
    step = max(len(frames), 1) if length is None else length
    if step < 1 or before < 0 or after < 0:
        raise ValueError("a window delivers at least one frame, and its context is not negative")
    return tuple(
        WindowPlan(
            frames[start : start + step],
            frames[max(start - before, 0) : min(start + step, len(frames)) + after],
        )
        for start in range(0, len(frames), step)
    )
