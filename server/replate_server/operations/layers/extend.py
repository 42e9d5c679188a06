"""Values made to go on, smoothly, where there are none."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_SWEEPS = 6
_SMALLEST = 2


def extend(values: Array, known: Array) -> NDArray[np.float32]:
    """Values [height, width, channels] that keep to those that are known and go on between and beyond them.

    `known` is [height, width], bool or a weight in [0,1] by which a value counts. Nearly harmonic: what is least
    curved between what is known, and flat beyond it; nothing is higher or lower than what is known. From coarse to
    fine, as in the pull-push of Gortler et al. ("The Lumigraph", SIGGRAPH 1996), with a few relaxations at each
    size. All 0 where nothing is known.
    """
    height, width = known.shape
    weight = np.ascontiguousarray(known, np.float32)
    planes = np.ascontiguousarray(values, np.float32).reshape(height, width, -1)
    # What is not known may be anything, NaN included.
    heavy = np.where(weight[..., None] > 0, planes * weight[..., None], np.float32(0))
    return _extended(heavy, weight).reshape(values.shape)


def _extended(heavy: Array, weight: Array) -> Array:
    height, width = weight.shape
    mean = heavy / np.maximum(weight, _TINY)[..., None]
    whole = weight >= 1
    if whole.all() or max(height, width) <= _SMALLEST:
        total = float(weight.sum())
        if whole.all() or total <= 0:
            return np.asarray(mean, np.float32)
        overall = heavy.sum((0, 1)) / np.float32(total)
        share = weight.clip(0, 1)[..., None]
        return np.asarray(mean * share + overall * (1 - share), np.float32)
    rows, columns = -(-height // 2), -(-width // 2)
    thin = _halved(weight, rows, columns)
    # A place is known as soon as a quarter of it is.
    dense = np.minimum(thin * 4, 1)
    coarse = _extended(_halved(heavy, rows, columns) * (dense / np.maximum(thin, _TINY))[..., None], dense)
    large = cv2.resize(coarse, (columns * 2, rows * 2), interpolation=cv2.INTER_LINEAR)
    share = weight.clip(0, 1)[..., None]
    guess = large.reshape(rows * 2, columns * 2, -1)[:height, :width]
    full = np.asarray(mean * share + guess * (1 - share), np.float32)
    for _ in range(_SWEEPS):
        around = cv2.filter2D(full, -1, _CROSS, borderType=cv2.BORDER_REPLICATE).reshape(full.shape)
        full = np.asarray(mean * share + around * (1 - share), np.float32)
    return full


_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
_TINY = np.float32(1e-12)


def _halved(planes: Array, rows: int, columns: int) -> Array:
    """Means of two by two pixels; beyond the border there is nothing."""
    height, width = planes.shape[:2]
    edges = ((0, rows * 2 - height), (0, columns * 2 - width), *((0, 0),) * (planes.ndim - 2))
    padded = np.pad(planes, edges)
    return np.asarray((padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4, np.float32)
