"""What a shot's levels of inverse depth are as distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from replate_server.operations.contract import Tensor

_LEAST, _MOST = 0.1, 99.9
"""Percentiles of a relative shot's levels that are its far and its near."""


@dataclass(frozen=True, slots=True)
class Range:
    """A straight line from levels to 1/Z, kept between its ends."""

    low: float
    """The level of `far`."""
    high: float
    """The level of `near`."""
    near: float
    far: float

    def inverse(self, level: Tensor) -> Tensor:
        """Levels as 1/Z, float32: 1/far to 1/near."""
        least, most = np.float32(1 / self.far), np.float32(1 / self.near)
        part = (level - np.float32(self.low)) / np.float32(self.high - self.low)
        inverse: Tensor = np.clip(least + part * (most - least), least, most)
        return inverse


def relative(levels: Tensor, near: float, far: float) -> Range:
    """The range of a shot whose scale and shift are not known: its nearest is `near` and its farthest `far`.

    `levels` are samples [n] of the whole shot; a thousandth of them at either end is cut off.
    """
    low, high = (float(one) for one in np.percentile(levels, (_LEAST, _MOST)))
    return Range(low, max(high, low + 1e-6 * max(abs(low), 1.0)), near, far)


def metric(least: float, most: float) -> Range:
    """The range of a shot that is 1/metres, from its least to its greatest level: nothing changes."""
    # A wall at one distance is a range too.
    most = max(most, least * (1 + 1e-6))
    return Range(least, most, 1 / most, 1 / least)
