"""Colours brought to those of another picture of the same things, by a matrix and an offset."""

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
"""Deviation of colours that is too little to tell by how they spread."""
_LEAST = 1e-4
_CLIPPED = 0.01
"""Distance from black and white at which a colour may have been cut off."""
_OUT = 1.3
"""Deviations from the mean of the colours that stand for all: at the outermost tenths, along each axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """Display-referred colours times a matrix, plus an offset."""

    matrix: Numbers
    """[3, 3]"""
    offset: Numbers
    """[3]"""

    @classmethod
    def none(cls) -> Tie:
        """Leaves colours alone."""
        return cls(np.eye(3), np.zeros(3))

    def of(self, colours: Colours) -> Colours:
        """Colours [..., 3] tied. Nothing is cut off."""
        tied: Colours = colours @ self.matrix.T.astype(np.float32) + self.offset.astype(np.float32)
        return tied

    def then(self, other: Tie) -> Tie:
        """This one, and another after it."""
        return Tie(other.matrix @ self.matrix, other.matrix @ self.offset + other.offset)

    def towards(self, other: Tie, share: float) -> Tie:
        """Between this one, at 0, and another, at 1."""
        return Tie(
            self.matrix + (other.matrix - self.matrix) * share,
            self.offset + (other.offset - self.offset) * share,
        )

    def shifts(self, colours: Numbers) -> Numbers:
        """By how much it changes colours [n, 3]."""
        shifts: Numbers = colours @ self.matrix.T + self.offset - colours
        return shifts

    @classmethod
    def through(cls, ends: Numbers, shifts: Numbers) -> Tie:
        """What changes colours as `ends_of` gives them by so much, [3, 2, 3] both."""
        apart = ends[:, 1] - ends[:, 0]
        length = np.linalg.norm(apart, axis=1, keepdims=True)
        # Along an axis that is hardly there nothing can be told.
        rates = np.where(length > _FLAT, (shifts[:, 1] - shifts[:, 0]) / np.maximum(length, _FLAT), 0)
        steep = rates.T @ (apart / np.maximum(length, _FLAT))
        return cls(np.eye(3) + steep, shifts.mean(axis=(0, 1)) - steep @ ends.mean(axis=(0, 1)))


def ends_of(colours: Colours) -> Numbers:
    """Two colours that lie apart along each of the axes in which some colours [n, 3] spread: [axis, 2, 3]."""
    given = colours.astype(np.float64)
    spreads, axes = np.linalg.eigh(np.cov(given.T, ddof=0))
    reach = _OUT * np.sqrt(np.maximum(spreads, 0))[:, None] * axes.T
    ends: Numbers = given.mean(axis=0) + np.stack([-reach, reach], axis=1)
    return ends


def tie(here: Colours, there: Colours) -> Tie:
    """From colours to those of the same things in another picture, [n, 3] each, display-referred in [0,1].

    What strays is left out, and what may be cut off at black or white. Both pictures have noise of their own, so the
    matrix is what makes of the one's spread the other's, which is the same both ways; a regression would find less than
    there is, and ties put end to end would fade. Of all such matrices it is the one that moves colours least: Pitie and
    Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", CVMP 2007.
    """
    both = np.concatenate([here, there], axis=1).astype(np.float64)
    both = both[(both.min(axis=1) > _CLIPPED) & (both.max(axis=1) < 1 - _CLIPPED)]
    if both.shape[0] == 0:
        return Tie.none()
    one, other = both[:, :3], both[:, 3:]
    found = Tie(np.eye(3), np.median(other - one, axis=0))
    for _ in range(_ROUNDS):
        astray = np.linalg.norm(other - one - found.shifts(one), axis=1)
        reach = _STRAY * max(_SPREAD * float(np.median(astray)), _LEAST)
        weight = np.square(1 - np.square(np.minimum(astray / reach, 1)))
        found = _fitted(one, other, weight / max(float(weight.sum()), 1e-9))
    return found


def between(ties: Sequence[tuple[int, Tie]], count: int) -> list[Tie]:
    """Ties of `count` frames, of which those of some are known, by rising places: others lie between their neighbours,
    and are the outermost beyond them."""
    row = []
    after = 0
    for place in range(count):
        while after < len(ties) - 1 and ties[after][0] < place:
            after += 1
        (first, one), (last, other) = ties[max(after - 1, 0)], ties[after]
        row.append(one.towards(other, float(np.clip((place - first) / max(last - first, 1), 0, 1))))
    return row


def _fitted(one: Numbers, other: Numbers, weight: Numbers) -> Tie:
    means = weight @ one, weight @ other
    spreads = [
        ((each - mean) * weight[:, None]).T @ (each - mean) + np.eye(3) * _FLAT**2
        for each, mean in zip((one, other), means, strict=True)
    ]
    root = _root(spreads[0])
    back = np.linalg.inv(root)
    matrix = back @ _root(root @ spreads[1] @ root) @ back
    return Tie(matrix, means[1] - matrix @ means[0])


def _root(matrix: Numbers) -> Numbers:
    """Of a symmetric matrix whose values are positive."""
    values, axes = np.linalg.eigh(matrix)
    root: Numbers = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    return root
