"""A frame's depth from its own estimate and those of the frames around it, brought there along the motion."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np

from replate_server.darkroom.motion import warp
from replate_server.darkroom.resize import Nature
from replate_server.darkroom.strips import in_strips
from replate_server.operations.contract import Tensor
from replate_server.operations.depth.tracks import Sight

_PATCH = 3 / 640
"""Standard deviation of the patch in which frames agree or disagree, as a part of the picture's long side."""


def fused(level: Callable[[int], Tensor], place: int, sights: Iterable[Sight], reach: int, tolerance: float) -> Tensor:
    """The inverse depth of the frame at `place`, [rows, columns], steadied by frames on both sides alike.

    `level` gives a frame's estimate by its place, all of one size, scale and shift; `sights` what the frames up to
    `reach` away show. Those far off count less (a raised cosine), so that none comes or goes with a jump. What
    disagrees with the weighted median of all by more than about `tolerance` is left out, a patch at a time: an
    object that was followed wrongly, or another that moved in front, leaves no ghost. Before and after count the
    same, so nothing lags behind.
    """
    here = level(place)
    values, weights = [here], [np.ones_like(here)]
    for sight in sights:
        motion, trust = _sized(sight, here.shape)
        values.append(warp(level(sight.place), motion, Nature.COLOUR))
        weights.append(trust * np.float32(np.cos(np.pi / 2 * abs(sight.place - place) / (reach + 1)) ** 2))
    if len(values) == 1:
        return here
    told, weight = np.stack(values, axis=-1), np.stack(weights, axis=-1)
    middle = np.empty_like(here)

    def find(rows: slice) -> None:
        middle[rows] = weighted_median(told[rows], weight[rows])

    in_strips(here.shape[0], here.shape[1], find)
    agreed = np.exp(-np.square(_astray(told, middle) / np.float32(tolerance)))
    weight *= agreed + np.float32(1e-6)
    mean: Tensor = np.einsum("yxn,yxn->yx", told, weight) / weight.sum(axis=-1)
    return mean


def weighted_median(values: Tensor, weights: Tensor) -> Tensor:
    """Along the last axis, the value that has half of the weight on either side. Weights add up to more than 0."""
    order = np.argsort(values, axis=-1)
    reached = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    at = (reached >= reached[..., -1:] / 2).argmax(axis=-1)[..., None]
    median: Tensor = np.take_along_axis(values, np.take_along_axis(order, at, axis=-1), axis=-1)[..., 0]
    return median


def _astray(told: Tensor, middle: Tensor) -> Tensor:
    """How far off each frame's word is, in the mean of a few pixels around: one pixel may agree by chance."""
    sigma = _PATCH * max(middle.shape)
    blurred = [cv2.GaussianBlur(np.abs(each - middle), (0, 0), sigma) for each in np.moveaxis(told, -1, 0)]
    return np.stack(blurred, axis=-1).reshape(told.shape)


def _sized(sight: Sight, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """A sight at the size of the estimates."""
    rows, columns = shape
    height, width = sight.trust.shape
    if (rows, columns) == (height, width):
        return sight.motion, sight.trust
    scale = np.array([columns / width, rows / height], np.float32)
    both = np.concatenate([sight.motion, sight.trust[..., None]], axis=-1)
    sized = np.asarray(cv2.resize(both, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
    sized = sized.reshape(rows, columns, 3)
    return sized[..., :2] * scale, sized[..., 2]
