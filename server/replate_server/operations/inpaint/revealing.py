"""What other frames really show of what a hole hides, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.matte import grow
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.backdrop import fetched
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.inpaint.tracing import Sighting

_RING = 3
"""Pixels around a hole in which what is fetched is compared with what is there."""
_UNLIKE = 0.06
"""Display-referred difference that is no seam but another thing."""
_FADE = 40.0
"""Pixels over which a seam's difference dies away into the hole."""


@dataclass(frozen=True, slots=True, eq=False)
class Revealed:
    """The pixels of a hole that other frames show."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    """[n]: the pixels that were wanted."""
    sightings: tuple[Sighting, Sighting]
    """Before and after."""

    @property
    def seen(self) -> NDArray[np.bool_]:
        """[n]"""
        return self.sightings[0].seen | self.sightings[1].seen


def put(revealed: Revealed, picture: Tensor, hole: Hole, pictures: Callable[[int], Tensor]) -> Tensor:
    """A picture [height, width, 3] with what other frames show in its hole, fitted in without a seam.

    `pictures` gives the context's by index. A pixel is between the two frames that show it last before and first
    after, the nearer the more: over time, one fades into the other.
    """
    filled = picture.copy()
    seen = revealed.seen
    if not seen.any():
        return filled
    rows, columns = revealed.rows[seen], revealed.columns[seen]
    around = _ring(rows, columns, hole)
    each = [_around(_some(sighting, seen), around) for sighting in revealed.sightings]
    colours = _mixed(each, pictures)
    count = rows.size
    filled[rows, columns] = colours[:count]
    seams = _seams(filled, around, colours[count:], (rows, columns))
    filled[rows, columns] = (filled[rows, columns] + seams).clip(0, 1)
    return filled


@dataclass(frozen=True, slots=True, eq=False)
class _Ring:
    """The pixels just outside, each with the pixel of the hole that is nearest to it."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    nearest: NDArray[np.intp]
    """Which of the hole's pixels."""
    across: Tensor
    down: Tensor
    """How far it is from there."""


def _ring(rows: NDArray[np.intp], columns: NDArray[np.intp], hole: Hole) -> _Ring:
    inside = np.zeros(hole.shape, np.float32)
    inside[rows, columns] = 1
    band = (grow(inside, _RING) > 0) & ~hole
    _, labels = cv2.distanceTransformWithLabels(
        (inside == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    order = np.zeros(int(labels.max()) + 1, np.intp)
    order[labels[rows, columns]] = np.arange(rows.size)
    y, x = np.nonzero(band)
    nearest = order[labels[y, x]]
    across, down = (x - columns[nearest]).astype(np.float32), (y - rows[nearest]).astype(np.float32)
    return _Ring(y, x, nearest, across, down)


def _some(sighting: Sighting, which: NDArray[np.bool_]) -> Sighting:
    return Sighting(
        sighting.index[which], sighting.x[which], sighting.y[which], sighting.steps[which], sighting.gain[which]
    )


def _around(sighting: Sighting, ring: _Ring) -> Sighting:
    """A sighting, and after it those of the ring, each beside its nearest pixel's."""
    near = ring.nearest
    return Sighting(
        np.concatenate([sighting.index, sighting.index[near]]),
        np.concatenate([sighting.x, sighting.x[near] + ring.across]),
        np.concatenate([sighting.y, sighting.y[near] + ring.down]),
        np.concatenate([sighting.steps, sighting.steps[near]]),
        np.concatenate([sighting.gain, sighting.gain[near]]),
    )


def _mixed(each: list[Sighting], pictures: Callable[[int], Tensor]) -> Tensor:
    before, after = each
    both = before.seen & after.seen
    share = np.where(both, after.steps / np.maximum(before.steps + after.steps, 1), before.seen).astype(np.float32)
    colours = np.zeros((share.size, 3), np.float32)
    for sighting, weight in ((before, share), (after, 1 - share)):
        for index, which in _by_frame(sighting):
            taken = fetched(pictures(index), sighting.x[which], sighting.y[which], cv2.INTER_CUBIC)
            colours[which] += weight[which, None] * sighting.gain[which] * taken
    return colours


def _by_frame(sighting: Sighting) -> Iterator[tuple[int, NDArray[np.intp]]]:
    order = np.argsort(sighting.index, kind="stable")
    frames, starts = np.unique(sighting.index[order], return_index=True)
    for frame, which in zip(frames, np.split(order, starts[1:]), strict=True):
        if frame >= 0:
            yield int(frame), which


def _seams(picture: Tensor, ring: _Ring, shown: Tensor, inside: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Tensor:
    """What to add to the hole's pixels so that they go on from what is around them: [n, 3].

    After Farbman et al., "Coordinates for Instant Image Cloning", SIGGRAPH 2009: the difference along the edge,
    carried over the hole as a membrane; here it dies away, and what is another thing does not count.
    """
    rows, columns = inside
    if not ring.rows.size:
        return np.zeros((rows.size, 3), np.float32)
    top, left = min(rows.min(), ring.rows.min()), min(columns.min(), ring.columns.min())
    shape = (max(rows.max(), ring.rows.max()) - top + 1, max(columns.max(), ring.columns.max()) - left + 1)
    difference = picture[ring.rows, ring.columns] - shown
    trust = 1 / (1 + np.square(difference / np.float32(_UNLIKE)).max(axis=1))
    values, weights = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    at = (ring.rows - top, ring.columns - left)
    values[at], weights[at] = difference * trust[:, None], 1
    film = membrane(values, weights)
    depth = cv2.distanceTransform((weights == 0).astype(np.uint8), cv2.DIST_L2, 5)
    within = (rows - top, columns - left)
    return np.asarray(film[within] * np.exp(-depth[within] / np.float32(_FADE))[:, None], np.float32)
