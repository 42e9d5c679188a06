"""NaN and infinity in a plate: found, counted, replaced."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Samples = TypeVar("Samples", NDArray[np.float16], NDArray[np.float32])

LARGEST_HALF = 65504.0

_BLOCK = 1 << 18


def finite(pixels: Samples) -> tuple[Samples, int, int]:
    """The picture without NaN and infinity, and how many samples of either it had.

    `pixels` is half or float, [height, width] or [height, width, channels]; the same array comes back when it
    is clean. NaN becomes the mean of the finite samples among its eight neighbours in the same channel, or 0
    where there are none; infinity becomes plus or minus 65504.
    """
    if is_finite(pixels):
        return pixels, 0, 0
    planes = pixels if pixels.ndim == 3 else pixels[..., None]
    nan, infinite = np.isnan(planes), np.isinf(planes)
    mended = np.array(planes, copy=True)
    mended[infinite] = np.copysign(LARGEST_HALF, planes[infinite])
    rows, columns, channels = np.nonzero(nan)
    for start in range(0, rows.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        where = rows[part], columns[part], channels[part]
        mended[where] = _mean_of_neighbours(planes, *where)
    return mended.reshape(pixels.shape), int(rows.size), int(np.count_nonzero(infinite))


def is_finite(pixels: NDArray[np.floating]) -> bool:
    """Whether there is neither NaN nor infinity in half or float samples."""
    half = pixels.dtype.itemsize == 2
    # An exponent of all ones is what both have, and integers are quicker to ask than floats.
    exponent = 0x7C00 if half else 0x7F800000
    flat: NDArray[Any] = np.ascontiguousarray(pixels).reshape(-1).view(np.uint16 if half else np.uint32)
    starts = range(0, flat.size, _BLOCK)
    return all((flat[start : start + _BLOCK] & exponent).max() != exponent for start in starts)


def _mean_of_neighbours(
    planes: NDArray[np.floating],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    channels: NDArray[np.intp],
) -> NDArray[np.float64]:
    height, width = planes.shape[:2]
    total = np.zeros(rows.size)
    count = np.zeros(rows.size)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            y, x = rows + down, columns + across
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            with np.errstate(invalid="ignore"):  # A signalling NaN complains when it is cast.
                value = planes[y.clip(0, height - 1), x.clip(0, width - 1), channels].astype(np.float64)
            usable = inside & np.isfinite(value)
            total += np.where(usable, value, 0.0)
            count += usable
    return total / np.maximum(count, 1.0)
