"""Premultiplied colour to colour, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

LEAST = 1.0 / 1024.0
"""Alpha below this counts as none: what light there is is emission, and dividing would make sparks of
noise."""


def unpremultiply(rgb: NDArray[np.floating], alpha: NDArray[np.floating]) -> Image:
    """Colour without its coverage: `rgb` [height, width, channels] over `alpha` [height, width], as float32.

    Where alpha is 0, negative, NaN or below `LEAST`, colour passes unchanged, and so does emission. Alpha
    above 1 counts as 1: it is opaque, and colour is not darkened for a filter's overshoot.
    """
    colour: Image = np.divide(rgb, _coverage(alpha)[..., None], dtype=np.float32)
    return colour


def premultiply(rgb: NDArray[np.floating], alpha: NDArray[np.floating]) -> Image:
    """The inverse of `unpremultiply`, to float32 rounding."""
    colour: Image = np.multiply(rgb, _coverage(alpha)[..., None], dtype=np.float32)
    return colour


def hold_emission(rgb: Image, source: NDArray[np.floating], alpha: NDArray[np.floating]) -> Image:
    """Premultiplied `rgb` where alpha covers, and elsewhere no brighter than the brightest channel of `source` there.

    Light under alpha 0 is added to what lies behind. A model paints on all of a picture; where the plate adds
    nothing, neither may the result, while a flame keeps its strength in the model's colours.
    """
    bare = ~(alpha.astype(np.float32) >= np.float32(LEAST))
    if not bare.any():
        return rgb
    own = source[bare].astype(np.float32)
    most = np.maximum(own.max(axis=-1, keepdims=True), 0)
    least = np.minimum(own.min(axis=-1, keepdims=True), 0)
    rgb[bare] = np.clip(rgb[bare], least, most)
    return rgb


def _coverage(alpha: NDArray[np.floating]) -> Image:
    coverage = np.minimum(alpha.astype(np.float32), np.float32(1))
    # Written so that NaN fails the comparison.
    coverage[~(coverage >= np.float32(LEAST))] = 1.0
    return coverage
