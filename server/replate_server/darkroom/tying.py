"""Colours brought to those of another picture of the same things, by a gain and an offset a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]
Numbers = NDArray[np.float64]

_ROUNDS = 6
_STRAY = 4.6851
"""Deviations from the fit at which a sample counts no more: Tukey's biweight, for 95 per cent of what least squares
would make of normal errors."""
_SPREAD = 1.4826
"""From the median of absolute deviations to the standard deviation of a normal distribution."""
_FLAT = 0.01
"""Deviation of colours that is too little to tell a gain by."""
_LEAST = 1e-4
_CLIPPED = 0.01
"""Distance from black and white at which a colour may have been cut off."""
_LEVELS = (10, 90)
"""Percentiles of colours that are called dark and bright."""


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """Display-referred colours times a gain, plus an offset: [3] each, by channels."""

    gain: Numbers
    offset: Numbers

    @classmethod
    def none(cls) -> Tie:
        """Leaves colours alone."""
        return cls(np.ones(3), np.zeros(3))

    def of(self, colours: Colours) -> Colours:
        """Colours [..., 3] tied. Nothing is cut off."""
        tied: Colours = colours * self.gain.astype(np.float32) + self.offset.astype(np.float32)
        return tied

    def then(self, other: Tie) -> Tie:
        """This one, and another after it."""
        return Tie(self.gain * other.gain, self.offset * other.gain + other.offset)

    def towards(self, other: Tie, share: float) -> Tie:
        """Between this one, at 0, and another, at 1."""
        return Tie(
            self.gain + (other.gain - self.gain) * share,
            self.offset + (other.offset - self.offset) * share,
        )

    def shifts(self, levels: Numbers) -> Numbers:
        """By how much it changes colours [..., 3]."""
        shifts: Numbers = levels * (self.gain - 1) + self.offset
        return shifts

    @classmethod
    def through(cls, levels: Numbers, shifts: Numbers) -> Tie:
        """What changes a dark and a bright colour, [2, 3] both, by so much."""
        apart = levels[1] - levels[0]
        steep = np.where(apart > _FLAT, (shifts[1] - shifts[0]) / np.maximum(apart, _FLAT), 0)
        return cls(1 + steep, shifts.mean(axis=0) - steep * levels.mean(axis=0))


def levels_of(colours: Colours) -> Numbers:
    """A dark and a bright one of the colours [n, 3], by channels: [2, 3]."""
    levels: Numbers = np.percentile(colours.astype(np.float64), _LEVELS, axis=0)
    return levels


def tie(here: Colours, there: Colours) -> Tie:
    """From colours to those of the same things in another picture, [n, 3] each, display-referred in [0,1].

    What strays is left out, and what may be cut off at black or white. Both pictures have noise of their own, so a gain
    is the ratio of their deviations, which is the same both ways; a regression would find less than there is, and ties
    put end to end would fade.
    """
    gains, offsets = zip(*(_channel(here[:, one], there[:, one]) for one in range(3)), strict=True)
    return Tie(np.array(gains), np.array(offsets))


def between(ties: Sequence[tuple[int, Tie]], count: int) -> list[Tie]:
    """Ties of `count` frames, of which those of some are known, by rising places: others lie between their neighbours,
    and are the outermost beyond them."""
    places = [place for place, _ in ties]
    whole = np.arange(count)
    gains = np.stack([np.interp(whole, places, [one.gain[axis] for _, one in ties]) for axis in range(3)], axis=1)
    offsets = np.stack([np.interp(whole, places, [one.offset[axis] for _, one in ties]) for axis in range(3)], axis=1)
    return [Tie(*pair) for pair in zip(gains, offsets, strict=True)]


def _channel(here: Colours, there: Colours) -> tuple[float, float]:
    one, other = here.astype(np.float64), there.astype(np.float64)
    inside = (np.minimum(one, other) > _CLIPPED) & (np.maximum(one, other) < 1 - _CLIPPED)
    one, other = one[inside], other[inside]
    if one.size == 0:
        return 1.0, 0.0
    weight = np.ones(one.size)
    gain, offset = 1.0, float(np.median(other - one))
    for _ in range(_ROUNDS):
        astray = np.abs(other - gain * one - offset)
        reach = _STRAY * max(_SPREAD * float(np.median(astray)), _LEAST)
        weight = np.square(1 - np.square(np.minimum(astray / reach, 1)))
        total = max(float(weight.sum()), 1e-9)
        means = float((weight * one).sum() / total), float((weight * other).sum() / total)
        spreads = [
            float((weight * np.square(each - mean)).sum() / total)
            for each, mean in zip((one, other), means, strict=True)
        ]
        gain = float(np.sqrt((spreads[1] + _FLAT**2) / (spreads[0] + _FLAT**2)))
        offset = means[1] - gain * means[0]
    return gain, offset
