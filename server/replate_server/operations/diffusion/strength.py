"""Beginning part of the way: from the plate with noise on it, as SDEdit does.

Meng et al., "SDEdit: Guided Image Synthesis and Editing with Stochastic Differential Equations", ICLR 2022.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_LEAST = 1
"""Steps that are taken at the least."""
_SLIGHTEST = 0.01
"""Strength below which there is nothing to take away."""
_FEW = 4
"""Steps that models take which were taught to take few: as many are left of any strength."""


def shortened(scheduler: Any, steps: int, strength: float) -> Any:
    """A scheduler of its own, like another, that leaves out the first of `steps`: as many as strength lacks of 1."""
    short = deepcopy(scheduler)
    skipped = min(round(steps * (1 - strength)), steps - _LEAST)
    whole = short.set_timesteps

    def set_timesteps(*given: Any, **named: Any) -> None:
        whole(*given, **named)
        order = getattr(short, "order", 1)
        short.timesteps = short.timesteps[skipped * order :]
        if hasattr(short, "sigmas"):
            short.sigmas = short.sigmas[skipped * order :]

    short.set_timesteps = set_timesteps
    return short


def levels(steps: int, strength: float) -> list[float]:
    """Levels of noise that a flow-matching pipeline goes through, falling, before its scheduler shifts them.

    For a model of few steps: it begins at its strength to a hair, and where `shortened` would leave it no steps, takes
    as many as it was taught to take, in smaller ones.
    """
    count = min(max(round(steps * strength), _FEW), steps)
    return [max(strength, _SLIGHTEST) * (1 - index / count) for index in range(count)]


def first_noise(scheduler: Any, *given: Any, **named: Any) -> float:
    """The share of noise, 0 to 1, in what a flow-matching scheduler begins with; arguments are `set_timesteps`'s."""
    scheduler.set_timesteps(*given, **named)
    return float(scheduler.sigmas[0])
