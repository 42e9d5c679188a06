"""A scale and a shift between two measures of the same depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor

_ROUNDS = 6
_LEAST_SAMPLES = 64
_LEAST_SPREAD = 0.01
"""Of the deviation of what is fitted to: below that, places agree."""


@dataclass(frozen=True, slots=True)
class Affine:
    """x becomes scale * x + shift."""

    scale: float = 1.0
    shift: float = 0.0

    def of(self, values: Tensor) -> Tensor:
        if self.scale == 1 and self.shift == 0:
            return values
        return values * np.float32(self.scale) + np.float32(self.shift)

    def then(self, after: Affine) -> Affine:
        """This, and after it another."""
        return Affine(self.scale * after.scale, after.scale * self.shift + after.shift)


def fit(here: Tensor, there: Tensor, shifted: bool = True) -> Affine:
    """What brings `here` to `there`, samples [n] of the same places; without a shift where it is not `shifted`.

    The reduced major axis, reweighted so that places which disagree count little (Cauchy's weights): both sides
    are as noisy as one another, and least squares of one on the other would make the scale of everything shrink
    from frame to frame. Where there is too little to go by, nothing changes.
    """
    if here.size < _LEAST_SAMPLES:
        return Affine()
    one, other = here.astype(np.float64), there.astype(np.float64)
    found = Affine(1.0, float(np.median(other - one))) if shifted else Affine()
    # Of a wide sky, all of it 0, the median is 0 too: nothing else would count.
    least = _LEAST_SPREAD * float(other.std()) + 1e-9
    for _ in range(_ROUNDS):
        astray = other - (found.scale * one + found.shift)
        spread = max(1.4826 * float(np.median(np.abs(astray))), least)
        weight = 1 / (1 + np.square(astray / (2 * spread)))
        weight /= weight.sum()
        found = _axis(one, other, weight, shifted)
    return found


def _axis(one: NDArray[np.float64], other: NDArray[np.float64], weight: NDArray[np.float64], shifted: bool) -> Affine:
    middle, opposite = (float(weight @ one), float(weight @ other)) if shifted else (0.0, 0.0)
    spread, reach = float(weight @ np.square(one - middle)), float(weight @ np.square(other - opposite))
    together = float(weight @ ((one - middle) * (other - opposite)))
    # Flat pictures, and such as have nothing in common, tell no scale.
    if min(spread, reach) < 1e-12 or together < 0.5 * np.sqrt(spread * reach):
        return Affine(1.0, opposite - middle)
    scale = float(np.sqrt(reach / spread))
    return Affine(scale, opposite - scale * middle)
