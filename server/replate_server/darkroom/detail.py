"""The plate's fine detail, for a picture that was painted of it at another size.

What is lost in painting small is what the plate has beyond the small size. Where the painting follows the plate, its
own detail follows the plate's likewise: by the colour transform that leads from the one to the other around there. It
is the guided filter (He, Sun and Tang, "Guided Image Filtering", TPAMI 2013, equations 14 to 19), found at the small
size and enlarged as coefficients (He and Sun, "Fast Guided Filter", arXiv 1505.00996, 2015), of which only what it says
of the detail is used: the painting itself stays as it is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.resize import Nature, resize

Picture = NDArray[np.float32]
Plane = NDArray[np.float32]

_RADIUS = 6
"""Pixels of the small picture around each within which the transform is found."""
_FLAT = np.float32(1e-6)
"""Variance of a colour that is no structure."""
_LOOSE, _BOUND = np.float32(0.3), np.float32(0.7)
"""Share of the painting's structure that is the plate's, below which it is another, and from which on it is the same.
Pictures that have nothing to do with each other share a fifth within so few pixels."""
_STEEPEST = np.float32(2.0)
"""How many times as strong as the plate's the detail may be."""


def with_detail_of(plate: Picture, painted: Picture, share: float = 1.0) -> Picture:
    """What was painted, at the plate's size and with its detail, as much as `share` in [0,1] says.

    `plate` is [height, width, 3], `painted` [rows, columns, 3] of the same view, both display-referred float32 in
    [0,1] (beyond it the plate may be, and nothing else). The plate itself, painted small, gives the plate; what has
    nothing of the plate's structure gets none of its detail.
    """
    height, width = plate.shape[:2]
    rows, columns = painted.shape[:2]
    large = np.array(resize(painted, width, height, Nature.COLOUR), np.float32)
    if share == 0 or (rows, columns) == (height, width):
        return large
    small = resize(plate, columns, rows, Nature.COLOUR)
    fine = cv2.split(plate - resize(small, width, height, Nature.COLOUR))
    planes = list(cv2.split(large))
    for plane, rates, own in zip(planes, _rates(small, painted), cv2.split(plate), strict=True):
        for rate, other in zip(rates, fine, strict=True):
            spread = cv2.resize(rate * np.float32(share), (width, height), interpolation=cv2.INTER_LINEAR)
            plane += np.multiply(spread, other, out=spread)
        np.clip(plane, np.minimum(own, 0), np.maximum(own, 1), out=plane)
    return np.asarray(cv2.merge(planes, large), np.float32)


def _rates(small: Picture, painted: Picture) -> list[list[Plane]]:
    """By how much each channel of the painting [rows, columns, 3] changes with each of the plate, around each pixel."""
    # In 64 bits: variances are differences of numbers that are much larger.
    own, made = small.astype(np.float64), painted.astype(np.float64)
    own_mean, made_mean = _around(own), _around(made)
    together = {
        (one, other): _around(own[..., one] * own[..., other]) - own_mean[..., one] * own_mean[..., other]
        for one in range(3)
        for other in range(one, 3)
    }
    inverse = _inverse(together)
    rates = []
    for channel in range(3):
        shared = [
            _around(own[..., one] * made[..., channel]) - own_mean[..., one] * made_mean[..., channel]
            for one in range(3)
        ]
        rate = [sum(inverse[min(one, two), max(one, two)] * shared[two] for two in range(3)) for one in range(3)]
        spread = _around(np.square(made[..., channel])) - np.square(made_mean[..., channel])
        explained = sum(a * b for a, b in zip(rate, shared, strict=True)) / (spread + _FLAT)
        sure = ((explained - _LOOSE) / (_BOUND - _LOOSE)).clip(0, 1)
        steep = np.sqrt(sum(np.square(one) for one in rate))
        sure *= _STEEPEST / np.maximum(steep, _STEEPEST)
        rates.append([_around(one * sure).astype(np.float32) for one in rate])
    return rates


def _inverse(together: dict[tuple[int, int], NDArray[np.float64]]) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Of symmetric matrices 3 by 3, kept as the planes of their upper halves, held off from being singular."""
    a, d, f = (together[one, one] + _FLAT for one in range(3))
    b, c, e = together[0, 1], together[0, 2], together[1, 2]
    cofactors = {
        (0, 0): d * f - e * e,
        (0, 1): c * e - b * f,
        (0, 2): b * e - c * d,
        (1, 1): a * f - c * c,
        (1, 2): b * c - a * e,
        (2, 2): a * d - b * b,
    }
    whole = a * cofactors[0, 0] + b * cofactors[0, 1] + c * cofactors[0, 2]
    # What rounding leaves of a matrix that is held off: the product of its least variances.
    whole = np.maximum(whole, float(_FLAT) ** 3)
    return {place: plane / whole for place, plane in cofactors.items()}


def _around(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    size = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(plane, (size, size), borderType=cv2.BORDER_REFLECT_101), np.float64)
