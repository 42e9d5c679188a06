"""Light above 1, taken out of a picture that is to be painted, and given back to what was painted.

A painter, by hand or by a model, has no measure for light above 1: it is lost, or made up, and flickers. So a plate is
parted into a picture within [0,1] and the gain to its own light, as a gain map does (ISO 21496-1), and what is painted
gets the gain. All pictures are [height, width, 3] float32, display-referred as `compress` gives them, where `WHITE` is
linear 1; gains are of linear Rec.709.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from replate.errors import Failed
from replate_server.darkroom.range import BLACK, WHITE, compress, expand

Image = NDArray[np.float32]

_WHITE = np.float32(WHITE)
_MIDDLE = np.float32(0.18)
"""Linear light from which on paint gets the whole gain. Darker paint gets less: who paints a lamp out means it."""
_HIGH = np.float32(WHITE + 0.005)
"""A picture that is nowhere brighter was painted within [0,1]; a change of primaries alone may lead a little beyond."""


def without_highlights(picture: Image, plate: Image) -> Image:
    """The inverse of `with_highlights`: a picture of the plate's light, or the plate itself, as a painter sees it.

    Each pixel is divided by the plate's gain there, its brightest channel where that is above 1, so that hues stay;
    nothing comes out above `WHITE`. The same array comes back where the picture has no light above 1: it was painted
    without. Raises `Failed` for pictures of two sizes.
    """
    _same(picture, plate)
    if picture.size == 0 or picture.max() <= _HIGH:
        return picture
    lowered = np.minimum(picture, _WHITE)
    bright = _bright(plate)
    lowered[bright] = _lowered(picture[bright], _gain(plate[bright]))
    return lowered


def with_highlights(painted: Image, plate: Image) -> Image:
    """What was painted of `without_highlights(plate, plate)`, with the plate's light above 1.

    Where the plate is above 1, what was painted is that much brighter in all channels; paint below a middle grey is
    less so, and black stays black. So no highlight is made up, lost or flickers more than the plate's. Elsewhere
    nothing is above `WHITE`. Pixels that were left alone are the plate's, bit for bit. Raises `Failed` for pictures of
    two sizes.
    """
    _same(painted, plate)
    raised = np.minimum(painted, _WHITE)
    bright = _bright(plate)
    own, made = plate[bright], painted[bright]
    gain = _gain(own)
    seen = _lowered(own, gain)
    # Display 0 is no black but the least there is, and a gain would make it count.
    linear = expand(np.maximum(raised[bright], np.minimum(seen, np.float32(BLACK))))
    share = (linear.max(axis=-1) / _MIDDLE).clip(0, 1)
    lit = compress(linear * (gain**share)[:, None])
    # A plate that is hardly above 1 anywhere is seen as it is.
    alone = (made == seen).all(axis=-1) | (made == own).all(axis=-1)
    raised[bright] = np.where(alone[:, None], own, lit)
    return raised


def _bright(plate: Image) -> tuple[NDArray[np.intp], ...]:
    """Rows and columns of what is above 1."""
    # By planes, since reducing three channels is slow in numpy.
    return np.nonzero((plate[..., 0] > _WHITE) | (plate[..., 1] > _WHITE) | (plate[..., 2] > _WHITE))


def _gain(pixels: Image) -> NDArray[np.float32]:
    """Of bright pixels [n, 3]: [n], above 1."""
    gain: NDArray[np.float32] = np.maximum(expand(pixels.max(axis=-1, initial=0)), np.float32(1 + 1e-6))
    return gain


def _lowered(pixels: Image, gain: NDArray[np.float32]) -> Image:
    """Pixels [n, 3] without their gain [n]."""
    linear = expand(pixels)
    most = linear.max(axis=-1, initial=-np.inf)
    share: NDArray[np.float32] = np.reciprocal(gain)
    dark = (most > 0) & (most < _MIDDLE * gain)
    # most = b gain^(b / _MIDDLE), solved for b = share most.
    rise = np.log(gain[dark]) * most[dark] / _MIDDLE
    share[dark] = lambertw(rise).real / rise
    return np.minimum(compress(linear * share[:, None]), _WHITE)


def _same(picture: Image, plate: Image) -> None:
    if picture.shape != plate.shape:
        raise Failed(
            f"A picture {picture.shape} has other highlights than a plate {plate.shape}; give both at one size."
        )
