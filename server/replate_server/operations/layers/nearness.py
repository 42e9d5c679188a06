"""One over the distance: the scale in which a plane is straight and parallax is even."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate_server.operations.contract import Tensor

Array = NDArray[Any]

_FARTHEST = 1000.0
"""Infinity, in lengths of the nearest distance: a scene's cards must stand somewhere."""


def nearness_of(distances: Array, nearest: float | None = None) -> Tensor:
    """1/Z of distances Z [height, width], finite and above 0 everywhere.

    Infinity is put at 1000 times the `nearest` distance of the shot (without it, of this picture). What is not
    known (NaN, 0 or below) lies as far as the farther of what is known to its left and right: it is mostly what only
    the other eye of a stereo pair sees.
    Raises `BadRequest` where nothing is known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.where(distances > 0, 1 / np.asarray(distances, np.float32), np.float32(np.nan))
    near = np.where(np.isinf(near), np.float32(np.nan), near).astype(np.float32)
    known = np.isfinite(near)
    if not known.any() or float(near[known].max()) <= 0:
        raise BadRequest("The depth knows no distance at any pixel; give a depth that belongs to the plate.")
    most = near[known].max() if nearest is None else np.float32(1 / nearest)
    near = np.maximum(near, most / np.float32(_FARTHEST))
    return near if known.all() else _completed(near, known)


def shrunk(nearness: Tensor, longest: int) -> Tensor:
    """A nearness map whose longer side is at most `longest`; values are picked, never mixed across a step."""
    height, width = nearness.shape
    scale = longest / max(height, width)
    if scale >= 1:
        return nearness
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    # The median of a few around each: one stray pixel must not stand for its neighbourhood.
    calm = cv2.medianBlur(np.ascontiguousarray(nearness), 5 if scale < 0.5 else 3)
    return np.asarray(cv2.resize(calm, size, interpolation=cv2.INTER_NEAREST_EXACT), np.float32)


def _completed(near: Array, known: Array) -> Tensor:
    sides = [_carried(near, known), _carried(near[:, ::-1], known[:, ::-1])[:, ::-1]]
    farther = np.fmin(*sides)
    open_ = np.isnan(farther)
    if open_.any():
        upright = farther.T
        rows = [_carried(upright, ~open_.T), _carried(upright[:, ::-1], ~open_.T[:, ::-1])[:, ::-1]]
        farther = np.where(open_, np.fmin(*rows).T, farther)
    whole: Tensor = np.where(known, near, farther).astype(np.float32)
    return whole


def _carried(near: Array, known: Array) -> Array:
    """The last known to the left; NaN where there is none."""
    columns = np.where(known, np.arange(near.shape[1]), -1)
    last = np.maximum.accumulate(columns, axis=1)
    return np.where(last >= 0, np.take_along_axis(near, last.clip(0), 1), np.float32(np.nan))
