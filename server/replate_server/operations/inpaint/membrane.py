"""Values known here and there, carried smoothly over the rest."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor

_RELAXED = 20
"""Sweeps on every level: enough for a level, whose longest waves its coarser ones have settled."""
_LEAST = 4
"""Sides below which a level is one value."""


def membrane(values: Tensor, weights: Tensor) -> Tensor:
    """`values` [rows, columns, channels] where `weights` [rows, columns] are 1, and a soap film between.

    A weight between 0 and 1 lets a value give way to its neighbours. 0 everywhere where nothing is known. The film
    is the solution of Laplace's equation, found coarse to fine: Gortler et al., "The Lumigraph", SIGGRAPH 1996
    (section 3.4, pull and push), with the sweeps of a multigrid solver on every level.
    """
    planes = np.ascontiguousarray(values, np.float32).reshape(*values.shape[:2], -1)
    given = np.ascontiguousarray(weights, np.float32).clip(0, 1)
    film: Tensor = _film(planes, given).reshape(values.shape)
    return film


def _film(values: Tensor, weights: Tensor) -> Tensor:
    rows, columns = weights.shape
    known = weights[..., None]
    if min(rows, columns) <= _LEAST:
        total = weights.sum()
        mean = (values * known).sum(axis=(0, 1)) / total if total > 0 else np.zeros(values.shape[2], np.float32)
        film = np.broadcast_to(mean, values.shape).astype(np.float32)
    else:
        size = ((columns + 1) // 2, (rows + 1) // 2)
        share = cv2.pyrDown(weights, dstsize=size)
        sums = _planes(cv2.pyrDown(values * known, dstsize=size), values.shape[2])
        coarse = sums / np.maximum(share, np.float32(1e-6))[..., None]
        # A coarse node is known as soon as most of the fine ones under it are.
        film = _film(coarse.astype(np.float32), np.minimum(share * np.float32(1.5), np.float32(1)))
        film = _planes(cv2.pyrUp(film, dstsize=(columns, rows)), values.shape[2])
    film = film + known * (values - film)
    free = 1 - known
    for _ in range(_RELAXED):
        film = film + free * (_neighbours(film) - film)
    return np.asarray(film, np.float32)


def _neighbours(film: Tensor) -> Tensor:
    mean = cv2.filter2D(film, -1, _CROSS, borderType=cv2.BORDER_REPLICATE)
    return _planes(mean, film.shape[2])


def _planes(image: NDArray[Any], channels: int) -> Tensor:
    """OpenCV drops a last axis of one."""
    return np.asarray(image, np.float32).reshape(*image.shape[:2], channels)


_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
