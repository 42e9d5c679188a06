"""Detail that averaging took away, given back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_SCALES = (0.7, 1.4, 2.8)
"""Standard deviations in pixels between which detail is measured."""
_AROUND = 16.0
"""Of the surroundings in which it is measured, in pixels: wide against a stroke, so that it hardly flickers."""
_MOST = 3.0
"""How much detail is amplified at the most."""
_LEAST = np.float32(1e-6)


def as_sharp(blended: Picture, own: Picture, share: NDArray[np.float32]) -> Picture:
    """A mean of pictures with as much detail as one of them has.

    Both are [height, width, 3] in [0,1], and so is the result; `share` [height, width] in [0,1] says how much of the
    mean comes from others than `own`, and where that is 0, `own` is kept. Details of pictures that differ cancel out
    in their mean, which is then given back its contrast: the variance-preserving blending of Heitz and Neyret,
    "High-Performance By-Example Noise using a Histogram-Preserving Blending Operator", 2018, section 3. How much the
    pictures differ is not known, and so the gain is measured in bands, on gradients: what is finest cancels out first.
    """
    rest, like = blended, own
    sharp = np.zeros_like(blended)
    for sigma in _SCALES:
        calm, model = _smooth(rest, sigma), _smooth(like, sigma)
        detail = rest - calm
        energies = [_smooth(_steepness(band) * share, _AROUND) for band in (detail, like - model)]
        gain = np.sqrt((energies[1] + _LEAST) / (energies[0] + _LEAST)).clip(1, _MOST)
        sharp += detail * (1 + (gain - 1) * share)[..., None]
        rest, like = calm, model
    whole: Picture = np.clip(rest + sharp, 0, 1)
    return np.where(share[..., None] > 0, whole, own)


def _steepness(band: Picture) -> NDArray[np.float32]:
    """The squared steps to the pixels to the left and above."""
    steep = np.zeros(band.shape[:2], np.float32)
    steep[:, 1:] += np.square(np.diff(band, axis=1)).sum(axis=-1)
    steep[1:] += np.square(np.diff(band, axis=0)).sum(axis=-1)
    return steep


def _smooth(image: NDArray[Any], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32).reshape(image.shape)
