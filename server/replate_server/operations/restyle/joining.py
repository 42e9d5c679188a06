"""What two keyframes show of a frame, put into one picture without a seam and without a double image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from replate_server.darkroom.sharpness import as_sharp
from replate_server.operations.contract import Tensor
from replate_server.operations.restyle.carrying import Sight

_DOUBT = 1e-3
"""What is not trusted counts still, where nothing is."""
_ASTRAY = np.float32(0.01)
"""Error of patches by which they hardly count against others."""
_COARSE = 40
"""How many times as wide a picture is as what is coarser than strokes."""
_MEANT = 0.15
"""Difference of keyframes all over, as a season's from another's, that is meant."""
_APART = np.float32(0.04)
"""Difference of two display-referred colours by which paintings are hardly the same."""
_TIED = 0.05
"""How firmly colours hold against gradients: a seam is spread over about `1 / sqrt(_TIED)` pixels."""
_SEAM = 1e-3
"""Gradients that differ by less, anywhere, are no seam."""


def joined(one: Sight, other: Sight, later: float) -> Tensor:
    """Two pictures [height, width, 3] of one frame, each as far as it is trusted [height, width], as one.

    `later` in [0,1] is how far the frame is from the first's keyframe on the way to the second's. Where both are
    trusted they are mixed by that, and the mean of strokes that differ gets back its contrast; where one is, it stands
    alone, and the border between is blended in the gradient domain (Jamriška et al., "Stylizing Video by Example",
    2019, section 3.4; Bhat et al., "GradientShop", 2010).
    """
    first, second = one.picture, other.picture
    apart = _apart(first, second)
    # Of keyframes that are meant to differ, patches of the one say more of its look than the other does.
    own = _DOUBT + np.square(np.median(apart) / (np.median(apart) + _MEANT))
    early, late = (
        sight.trust * (1 - (1 - sight.settled) * _unlike(apart)) + own * np.exp(-sight.error / _ASTRAY)
        for sight in (one, other)
    )
    of_second = np.asarray(later * late / ((1 - later) * early + later * late), np.float32)
    mixed = first + (second - first) * of_second[..., None]
    nearer = first if later < 0.5 else second
    return seamless(as_sharp(mixed, nearer, 2 * np.minimum(of_second, 1 - of_second)), first, second, of_second)


def agreed(sight: Sight, new: Tensor) -> Tensor:
    """A new picture [height, width, 3] of what was painted before, as far as that is trusted [height, width]."""
    kept = sight.picture
    trust = sight.trust * (1 - (1 - sight.settled) * _unlike(_apart(kept, new)))
    mixed = new + (kept - new) * trust[..., None]
    return seamless(as_sharp(mixed, new, trust), new, kept, trust)


def _apart(one: Tensor, other: Tensor) -> Tensor:
    """How far two paintings [height, width, 3] are from each other in more than their strokes, [height, width]."""
    apart = np.asarray(cv2.GaussianBlur(one - other, (0, 0), max(one.shape) / _COARSE), np.float32).reshape(one.shape)
    most: Tensor = np.abs(apart).max(axis=-1)
    return most


def _unlike(apart: Tensor) -> Tensor:
    """Where paintings differ more than they do all over, [height, width] in [0,1]."""
    unlike: Tensor = 1 - np.exp(-np.square(apart / (_APART + 2 * np.median(apart)))).astype(np.float32)
    return unlike


def seamless(mixed: Tensor, first: Tensor, second: Tensor, of_second: Tensor) -> Tensor:
    """A mixture of two pictures in which the border of what comes from which does not show.

    Its gradients are the mean of the two pictures' own, without what the change of their shares adds. A screened
    Poisson equation, solved by cosine transforms.
    """
    between = second - first
    across, down = _differences(of_second)
    # What a changing share adds to the gradient of the mean.
    extra = [_middle(between, axis) * way[..., None] for axis, way in ((1, across), (0, down))]
    if max(float(np.abs(one).max(initial=0)) for one in extra) < _SEAM:
        return mixed
    height, width = of_second.shape
    divergence = np.zeros_like(mixed)
    divergence[:, :-1] += extra[0]
    divergence[:, 1:] -= extra[0]
    divergence[:-1] += extra[1]
    divergence[1:] -= extra[1]
    spectrum = fft.dctn(divergence, axes=(0, 1), norm="ortho")
    rows, columns = (2 - 2 * np.cos(np.pi * np.arange(length) / length) for length in (height, width))
    spectrum /= (_TIED + rows[:, None] + columns)[..., None].astype(np.float32)
    correction = fft.idctn(spectrum, axes=(0, 1), norm="ortho")
    whole: Tensor = (mixed + correction.astype(np.float32)).clip(0, 1)
    return whole


def _differences(plane: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.diff(plane, axis=1), np.diff(plane, axis=0)


def _middle(picture: Tensor, axis: int) -> Tensor:
    """Halfway between neighbours."""
    one, other = (picture[:, 1:], picture[:, :-1]) if axis else (picture[1:], picture[:-1])
    middle: Tensor = (one + other) * np.float32(0.5)
    return middle
