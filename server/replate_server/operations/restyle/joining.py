"""What two keyframes show of a frame, put into one picture without a seam and without a double image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from replate_server.darkroom.sharpness import as_sharp
from replate_server.operations.contract import Tensor

_DOUBT = 1e-3
"""What is not trusted counts still, where nothing is."""
_TIED = 0.05
"""How firmly colours hold against gradients: a seam is spread over about `1 / sqrt(_TIED)` pixels."""
_SEAM = 1e-3
"""Gradients that differ by less, anywhere, are no seam."""


def joined(first: Tensor, second: Tensor, trusts: tuple[Tensor, Tensor], later: float) -> Tensor:
    """Two pictures [height, width, 3] of one frame, each as far as it is trusted [height, width], as one.

    `later` in [0,1] is how far the frame is from the first's keyframe on the way to the second's. Where both are
    trusted they are mixed by that, and the mean of strokes that differ gets back its contrast; where one is, it stands
    alone, and the border between is blended in the gradient domain (Jamriška et al., "Stylizing Video by Example",
    2019, section 3.4; Bhat et al., "GradientShop", 2010).
    """
    share = later * later * (3 - 2 * later)
    one, two = (1 - share) * (trusts[0] + _DOUBT), share * (trusts[1] + _DOUBT)
    of_second = np.asarray(two / (one + two), np.float32)
    mixed = first + (second - first) * of_second[..., None]
    nearer = first if later < 0.5 else second
    return seamless(as_sharp(mixed, nearer, 2 * np.minimum(of_second, 1 - of_second)), first, second, of_second)


def agreed(kept: Tensor, new: Tensor, trust: Tensor) -> Tensor:
    """A new picture [height, width, 3] of what was painted before, as far as that is trusted [height, width]."""
    mixed = new + (kept - new) * trust[..., None]
    return seamless(as_sharp(mixed, new, trust), new, kept, trust)


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
