"""How much of a picture's structure is in another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_SIDE, _SIGMA = 11, 1.5
_STEADY_MEAN, _STEADY_SPREAD = np.float32(0.01**2), np.float32(0.03**2)


def structure(first: Plane, second: Plane) -> float:
    """The structural similarity of two planes [height, width] in [0,1]: 1 where they are the same, about 0 where they
    have nothing in common.

    The mean of the map, without the border that its window of 11 by 11 pixels reaches beyond. Wang et al., "Image
    quality assessment: from error visibility to structural similarity", 2004, equation 13.
    """
    one, two = _local(first), _local(second)
    of_both = _local(first * second) - one * two
    of_one, of_two = _local(first * first) - one * one, _local(second * second) - two * two
    alike = (2 * one * two + _STEADY_MEAN) * (2 * of_both + _STEADY_SPREAD)
    alike /= (one * one + two * two + _STEADY_MEAN) * (of_one + of_two + _STEADY_SPREAD)
    border = _SIDE // 2
    inside = alike[border:-border, border:-border]
    return float((inside if inside.size else alike).mean(dtype=np.float64))


def _local(plane: Plane) -> Plane:
    """The mean around each pixel."""
    return np.asarray(cv2.GaussianBlur(plane, (_SIDE, _SIDE), _SIGMA), np.float32).reshape(plane.shape)
