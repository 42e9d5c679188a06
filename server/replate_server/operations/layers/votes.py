"""Which layer each pixel of a shot belongs to by all frames: what each says of it, counted along the motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.motion import Motion, occlusion, warp
from replate_server.darkroom.resize import Nature
from replate_server.operations.layers.regions import NOBODY, Labels

Array = NDArray[Any]

_OUTLINE = 2
"""Pixels to either side of an outline of which motion is uncertain."""


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """The motion between two neighbouring frames, [rows, columns, 2] in pixels."""

    there: Motion
    """From the earlier to the later."""
    back: Motion


def carried(labels: Labels, between: Between) -> Labels:
    """The labels [rows, columns] that a frame's pixels had in the frame before; `NOBODY` where they were not seen."""
    seen = occlusion(between.back, between.there) == 0
    return np.where(seen, warp(labels, between.back, Nature.DATA), NOBODY).astype(np.int32)


def voted(labels: Sequence[Labels], between: Sequence[Between], count: int) -> list[Labels]:
    """The label, of `count`, that each pixel [rows, columns] has in most of the frames that show it.

    `labels` are each frame's own, `between` the motions from each but the last to the next. A pixel is followed both
    ways for as long as it is seen. Of as many votes the frame's own counts; where that is `NOBODY` it stays, and along
    outlines, of which the frame itself knows best.
    """
    before = _counted(labels, [(one.back, one.there) for one in between], count)
    after = _counted(labels[::-1], [(one.there, one.back) for one in between[::-1]], count)[::-1]
    found = []
    for own, earlier, later in zip(labels, before, after, strict=True):
        # The frame's own vote is in both, and once would do: the rest decides where there is a tie.
        votes = earlier.astype(np.float32) + later - 0.5 * _ballots(own, count)
        overruled = _broad((own >= 0) & (votes.argmax(-1) != own))
        found.append(np.where(overruled, votes.argmax(-1), own).astype(np.int32))
    return found


def _counted(labels: Sequence[Labels], motions: Sequence[tuple[Motion, Motion]], count: int) -> list[Array]:
    """The votes [rows, columns, count] of each frame and those before it; `motions` are to the frame before each but
    the first, and back. In half floats, since a shot's are kept: exact enough for thousands of frames."""
    votes = [_ballots(labels[0], count).astype(np.float16)]
    for own, (to, back) in zip(labels[1:], motions, strict=True):
        seen = occlusion(to, back) == 0
        # Between pixels votes are shared out: whole ones would not follow what moves by less than half a pixel.
        earlier = warp(votes[-1], to, Nature.COLOUR) * seen[..., None]
        votes.append((earlier + _ballots(own, count)).astype(np.float16))
    return votes


def _broad(where: Array) -> Array:
    """The pieces of it that somewhere are broader than what motion is uncertain of along an outline."""
    square = np.ones((2 * _OUTLINE + 1, 2 * _OUTLINE + 1), np.uint8)
    core = cv2.erode(where.astype(np.uint8), square, borderValue=1) > 0
    _, pieces = cv2.connectedComponents(where.astype(np.uint8), connectivity=4)
    return np.asarray(np.isin(pieces, np.unique(pieces[core])) & where)


def _ballots(labels: Labels, count: int) -> Array:
    return np.asarray(labels[..., None] == np.arange(count), np.float32)
