"""Pictures of another size, by what their values mean."""

from __future__ import annotations

from enum import Enum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest

Array = NDArray[Any]


class Nature(Enum):
    """What values are, and so what may be done to them."""

    COLOUR = "colour"
    """Light, or its encoding: may be averaged and interpolated."""
    MATTE = "matte"
    """Coverage in [0,1]: as colour, and stays in [0,1]."""
    DATA = "data"
    """Depth, ids: a mean of two is a third thing that is not there, so values are only ever picked."""
    MOTION = "motion"
    """Vectors u, v in pixels: picked like data, and scaled with the picture."""


def resize(image: Array, width: int, height: int, nature: Nature) -> Array:
    """A picture at another size, edges aligned to edges.

    `image` is [height, width] or [height, width, channels]. COLOUR and MATTE are averaged by area where the
    picture shrinks and interpolated by Lanczos (4 lobes) where it grows, each value within those of the
    pixels it lies between, so that nothing rings; they come back float32, in the encoding in which they came:
    whether that is linear light or display is for the caller to choose. DATA and MOTION are the nearest
    pixel's; MOTION has its channels in pairs u, v. The same array comes back where the size is the same (a
    MATTE is still kept in [0,1]). Raises `BadRequest` for a picture or a size without pixels.
    """
    if min(width, height, *image.shape[:2]) < 1:
        raise BadRequest("A picture without pixels cannot be resized; give it a width and a height.")
    same = image.shape[:2] == (height, width)
    if nature is Nature.MATTE:
        matte = image if same else _filtered(image, width, height)
        return np.clip(matte, 0.0, 1.0)
    if same:
        return image
    if nature is Nature.COLOUR:
        return _filtered(image, width, height)
    rows = _nearest(image.shape[0], height)
    columns = _nearest(image.shape[1], width)
    picked = image[rows[:, None], columns]
    if nature is Nature.MOTION:
        if picked.ndim != 3 or picked.shape[2] % 2:
            raise BadRequest("Motion needs its channels in pairs, u and v; shuffle them so.")
        picked[..., 0::2] *= picked.dtype.type(width / image.shape[1])
        picked[..., 1::2] *= picked.dtype.type(height / image.shape[0])
    return picked


def _nearest(length: int, wanted: int) -> NDArray[np.intp]:
    return ((2 * np.arange(wanted, dtype=np.intp) + 1) * length // (2 * wanted)).clip(0, length - 1)


def _filtered(image: Array, width: int, height: int) -> NDArray[np.float32]:
    source = np.ascontiguousarray(image, np.float32)
    planes = source if source.ndim == 3 else source[..., None]
    # OpenCV's filters are made for up to four channels.
    parts = [_up_or_down(planes[..., at : at + 4], width, height) for at in range(0, planes.shape[2], 4)]
    joined = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
    return joined.reshape(height, width, *image.shape[2:])


def _up_or_down(planes: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    rows, columns = planes.shape[:2]
    small = _cv_resize(planes, min(width, columns), min(height, rows), cv2.INTER_AREA)
    large = _cv_resize(small, width, height, cv2.INTER_LANCZOS4)
    if large is small:
        return small
    low, high = _between(small, width, height, np.minimum), _between(small, width, height, np.maximum)
    return np.clip(large, low, high, out=large)


def _cv_resize(planes: NDArray[np.float32], width: int, height: int, how: int) -> NDArray[np.float32]:
    if planes.shape[:2] == (height, width):
        return planes
    resized = cv2.resize(np.ascontiguousarray(planes), (width, height), interpolation=how)
    return np.asarray(resized, np.float32).reshape(height, width, planes.shape[2])


def _between(planes: NDArray[np.float32], width: int, height: int, extreme: np.ufunc) -> NDArray[np.float32]:
    """The least or greatest of the two by two pixels that each new pixel's middle lies between."""
    edged = np.pad(planes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    across = extreme(edged[:, :-1], edged[:, 1:])[:, _before(planes.shape[1], width)]
    # Rows last, which lie in one piece.
    bound: NDArray[np.float32] = extreme(across[:-1], across[1:])[_before(planes.shape[0], height)]
    return bound


def _before(length: int, wanted: int) -> NDArray[np.intp]:
    """Of each new pixel the last old one that its middle is not before, counted from 1; 0 beyond the edge."""
    before: NDArray[np.intp] = np.floor((np.arange(wanted) + 0.5) * length / wanted + 0.5).astype(np.intp)
    return before
