"""One over the distance: the scale in which a plane is straight and parallax is even."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import cg

from replate.errors import BadRequest
from replate_server.operations.contract import Tensor
from replate_server.operations.layers.terraces import without_terraces

Array = NDArray[Any]

_FARTHEST = 1000.0
"""Infinity, in lengths of the nearest distance: a scene's cards must stand somewhere."""

_ALIKE = 1.12
"""Nearness beside a hole up to this many times the least around belongs to what goes on behind."""

_PULL = 1e-4
"""How much the film clings to the least around, in what holds two neighbours together: it must hang on something."""
_STEPS = 400


def nearness_of(distances: Array, nearest: float | None = None) -> Tensor:
    """1/Z of distances Z [height, width], finite and above 0 everywhere.

    Infinity is put at 1000 times the `nearest` distance of the shot (without it, of this picture). What is not
    known (NaN, 0 or below) goes on from behind, since it is mostly what only the other eye of a stereo pair sees.
    Depth that was kept in few steps is smoothed between them.
    Raises `BadRequest` where nothing is known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.where(distances > 0, 1 / np.asarray(distances, np.float32), np.float32(np.nan))
    near = np.where(np.isinf(near), np.float32(np.nan), near).astype(np.float32)
    known = np.isfinite(near)
    if not known.any() or float(near[known].max()) <= 0:
        raise BadRequest("The depth knows no distance at any pixel; give a depth that belongs to the plate.")
    most = near[known].max() if nearest is None else np.float32(1 / nearest)
    near = without_terraces(np.maximum(near, most / np.float32(_FARTHEST)), known)
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
    """With a soap film over what is not known, hung on what is about as far as the least around, and free where
    something nearer stands before it: Laplace's equation, by conjugate gradients."""
    whole = np.where(known, near, _least_around(near, known)).astype(np.float32)
    unknown = ~known
    place = np.cumsum(unknown).reshape(unknown.shape) - 1
    least = whole[unknown].astype(np.float64)
    count = len(least)
    diagonal, right = np.full(count, _PULL), least * _PULL
    pairs: list[Array] = []
    for axis in (0, 1):
        one, other = (np.moveaxis(whole, axis, 0)[part].ravel() for part in (slice(None, -1), slice(1, None)))
        alike = np.maximum(one, other) <= _ALIKE * np.minimum(one, other)
        sides = [
            np.moveaxis(np.where(unknown, place, -1), axis, 0)[part].ravel()
            for part in (slice(None, -1), slice(1, None))
        ]
        for mine, theirs, value in ((*sides, other), (*sides[::-1], one)):
            joined = alike & (mine >= 0)
            diagonal += np.bincount(mine[joined], minlength=count)
            hung = joined & (theirs < 0)
            right += np.bincount(mine[hung], value[hung], count)
        both = alike & (sides[0] >= 0) & (sides[1] >= 0)
        pairs.append(np.stack((sides[0][both], sides[1][both])))
    rows, columns = np.concatenate(pairs, axis=1)
    half = coo_matrix((np.full(len(rows), -1.0), (rows, columns)), (count, count))
    film, _ = cg(half + half.T + diags(diagonal), right, least, rtol=1e-6, maxiter=_STEPS, M=diags(1 / diagonal))
    whole[unknown] = film
    return whole


def _least_around(near: Array, known: Array) -> Array:
    """The least of the values known the nearest in each of the eight directions; of all, where these meet none."""
    least = np.full(near.shape, np.inf, np.float32)
    given = np.where(known, near, np.float32(np.inf)).astype(np.float32)
    for rows, columns in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        turned, found = given[::rows, ::columns], least[::rows, ::columns]
        found[...] = np.minimum(found, _carried_down(turned, 0))
        found[...] = np.minimum(found, _carried_down(turned, 1))
        found[...] = np.minimum(found, _carried_down(turned.T, 0).T)
    return np.where(np.isinf(least), near[known].min(), least)


def _carried_down(given: Array, aside: int) -> Array:
    """What is finite carried on over what is not, row by row down, and to the right by as much as `aside`."""
    carried = given.copy()
    for row in range(1, len(carried)):
        above = carried[row - 1]
        if aside:
            above = np.concatenate((np.full(aside, np.inf, np.float32), above[:-aside]))
        carried[row] = np.where(np.isinf(given[row]), above, given[row])
    return carried
