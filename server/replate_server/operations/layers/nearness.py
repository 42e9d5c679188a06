"""One over the distance: the scale in which a plane is straight and parallax is even."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.membrane import membrane

Array = NDArray[Any]

_FARTHEST = 1000.0
"""Infinity, in lengths of the nearest distance: a scene's cards must stand somewhere."""

_ALIKE = 1.12
"""Nearness beside a hole up to this many times the least around belongs to what goes on behind."""


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
    least = _least_around(near, known)
    # Of what is known, a film is hung on what is about as far as the hole; what is nearer stands before it.
    _, owner = cv2.distanceTransformWithLabels(known.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    floors = np.zeros(owner.max() + 1, np.float32)
    floors[owner[~known]] = least[~known]
    held = known & (near <= _ALIKE * floors[owner])
    film = membrane(np.where(known, near, np.float32(0))[..., None], held.astype(np.float32))[..., 0]
    whole: Tensor = np.where(known, near, film).astype(np.float32)
    return whole


def _least_around(near: Array, known: Array) -> Array:
    """The least of the values known the nearest in each of the eight directions."""
    least = np.full(near.shape, np.inf, np.float32)
    given = np.where(known, near, np.float32(np.inf)).astype(np.float32)
    for rows, columns in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        turned, found = given[::rows, ::columns], least[::rows, ::columns]
        found[...] = np.minimum(found, _carried_down(turned, 0))
        found[...] = np.minimum(found, _carried_down(turned, 1))
        found[...] = np.minimum(found, _carried_down(turned.T, 0).T)
    return least


def _carried_down(given: Array, aside: int) -> Array:
    """What is finite carried on over what is not, row by row down, and to the right by as much as `aside`."""
    carried = given.copy()
    for row in range(1, len(carried)):
        above = carried[row - 1]
        if aside:
            above = np.concatenate((np.full(aside, np.inf, np.float32), above[:-aside]))
        carried[row] = np.where(np.isinf(given[row]), above, given[row])
    return carried
