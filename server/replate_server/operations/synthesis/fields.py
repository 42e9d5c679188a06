"""Fields, as `Synthesis` has them: made, brought from one size to another, and kept within the source."""

from __future__ import annotations

import cv2
import numpy as np

from replate_server.operations.synthesis.levels import Level
from replate_server.operations.synthesis.problem import Array, Field


def scattered(level: Level, seed: int, reach: int) -> Field:
    """Sources at random."""
    drawn = np.random.default_rng(seed)
    rows, columns = (drawn.integers(0, side, level.shape, np.int32) for side in level.source.shape[:2])
    return within(np.stack([rows, columns], axis=2), level, reach)


def doubled(field: Field, level: Level, reach: int) -> Field:
    """A field of a level half the size, for this one: as coherent as it was."""
    height, width = level.shape
    fine = 2 * field.repeat(2, axis=0)[:height].repeat(2, axis=1)[:, :width]
    fine[1::2, :, 0] += 1
    fine[:, 1::2, 1] += 1
    return within(fine, level, reach)


def halved(field: Field, known: Array) -> tuple[Field, Array]:
    """A field, and where it is known (bool), for the level of half the size: known where all of a pixel was."""
    odd = [(0, field.shape[0] % 2), (0, field.shape[1] % 2)]
    whole = np.pad(known, odd, "edge")
    return field[::2, ::2] // 2, whole[::2, ::2] & whole[1::2, ::2] & whole[::2, 1::2] & whole[1::2, 1::2]


def within(field: Field, level: Level, reach: int) -> Field:
    """A field with each source patch brought inside, as far as its target's is."""
    inside = np.empty_like(field)
    for axis in range(2):
        side, there = level.shape[axis], level.source.shape[axis]
        at = np.arange(side, dtype=np.int32)
        least, most = np.minimum(reach, at), there - 1 - np.minimum(reach, side - 1 - at)
        shape = (side, 1) if axis == 0 else (1, side)
        inside[..., axis] = np.clip(field[..., axis], least.reshape(shape), most.reshape(shape))
    return inside


def spread(where: Array, reach: int) -> Array:
    """Also the pixels whose patches have any of it, bool."""
    grown = cv2.dilate(where.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(grown, np.bool_)


def levels_for(unknown: Array, reach: int) -> int:
    """How many levels it takes until a patch of the coarsest reaches across what is not known."""
    padded = np.pad(unknown, 1).astype(np.uint8)
    depth = float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
    return 1 + max(int(np.ceil(np.log2(max(depth, 1.0) / (2 * reach)))), 0)
