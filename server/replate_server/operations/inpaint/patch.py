"""Inpainting with patches of the picture itself, without weights.

Coarse to fine, the hole is put together from the patches most like those around it: Wexler, Shechtman and Irani,
"Space-Time Completion of Video", PAMI 2007, with PatchMatch as the search. How rough the picture is counts as a colour,
and the coarsest level is filled from its edge inwards, so that texture is not matched with what is smooth: Newson,
Almansa, Fradet, Gousseau and Pérez, "Video Inpainting of Complex Scenes", SIAM Journal on Imaging Sciences 2014.

What repeats goes on in step first (see `repeats`): patches alone make a wallpaper of the right kind in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.inpaint import patchmatch
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.inpaint.repeats import continued
from replate_server.operations.spans import Span, part

_THINNEST = 6
"""Pixels from the middle of the hole to its edge, on the coarsest level."""
_LEAST = 40
"""No level has a side shorter than this."""
_ROUGHNESS = 1.5
"""What roughness weighs against colour."""
_ROUNDS = 8
"""Of matching and voting, on the coarsest level; less and less on finer ones."""
_WORK = 4_000_000
"""Pixels of hole that a finer level may go through in all its rounds, beyond the first two."""
_FALL = 1.3
"""By how much a patch counts less with every pixel that it is further from what is known."""

_SURE = 0.1
"""How sure the continuation of what repeats must be to be taken as it is; where it is not, patches are put."""


class Patch:
    card = Card(
        name="inpaint/patch",
        label="Patches",
        tooltip="Fills with patches of the picture itself: texture and large plates stay sharp, at any size.",
        revision="1",
        licence="GPL-3.0-or-later",
        sizes=Sizes(minimum=_LEAST),
        windows=Windows(length=None),
        memory_bytes=2000 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load, and any device will do: it runs on the CPU."""

    def run(self, picture: Tensor, hole: Hole, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Tensor:
        """The picture [height, width, 3] filled where `hole` is true, the same way for the same seed."""
        steps.progress(0.0)
        if not hole.any():
            return picture.copy()
        continuing, sure = continued(picture, hole, hole, Span(steps, 0.0, 0.3, "Looking for what repeats"))
        settled = sure > _SURE
        picture, hole = np.where(settled[..., None], continuing, picture), hole & ~settled
        if not hole.any():
            return picture
        state = np.array([(seed * 2 + 1) * 0x9E3779B97F4A7C15 % (1 << 64)], np.uint64)
        levels = _pyramid(picture, hole)
        if levels is None:
            film = membrane(picture, (~hole).astype(np.float32))
            return np.where(hole[..., None], film.clip(0, 1), picture).astype(np.float32)
        field = _nowhere(levels[0].hole)
        # A level has four times the pixels of the one above it.
        steps, start = Span(steps, 0.3, 1.0), 0.0
        total = sum(4.0**index for index in range(len(levels)))
        for index, level in enumerate(levels):
            end = start + 4.0**index / total
            span = Span(steps, start, end, "Matching patches")
            field = level.taken_from(field, state) if index else level.peeled(state, span)
            level.settle(field, state, max(_ROUNDS - 2 * index, 2), span)
            start = end
        filled: Tensor = picture.copy()
        filled[hole] = levels[-1].exact(field)[..., :3].clip(0, 1)
        return filled


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    picture: Tensor
    """[height, width, 5]: colour, and roughness both ways. The hole's is made up as the level is settled."""
    hole: Hole
    usable: NDArray[np.uint8]
    """[height, width]: pixels whose patches are whole and known."""
    pixels: NDArray[np.int32]
    """[n, 2]: the hole's, in scan order."""
    targets: NDArray[np.int32]
    """[n, 2]: pixels whose patches hold some of the hole."""
    trust: Tensor

    @classmethod
    def of(cls, picture: Tensor, hole: Hole) -> _Level:
        size = 2 * patchmatch.REACH + 1
        near = cv2.dilate(hole.astype(np.uint8), np.ones((size, size), np.uint8))
        usable = np.asarray(1 - near, np.uint8)
        edge = patchmatch.REACH
        usable[:edge], usable[-edge:], usable[:, :edge], usable[:, -edge:] = 0, 0, 0, 0
        depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
        trust = np.power(np.float32(_FALL), -depth).astype(np.float32)
        return cls(picture, hole, usable, _where(hole), _where(near > 0), trust)

    def peeled(self, state: NDArray[np.uint64], steps: Steps) -> NDArray[np.int32]:
        """Fills the level from the hole's edge inwards; the field that did."""
        field = _nowhere(self.hole)
        unlike = np.full(self.hole.shape, np.inf, np.float32)
        sources = _where(self.usable > 0)
        known = (~self.hole).astype(np.float32)
        while (known == 0).any():
            steps.progress(0.0)
            rim = (known == 0) & (cv2.dilate(known, np.ones((3, 3), np.uint8)) > 0)
            targets = _where(rim)
            patchmatch.scatter(field, targets, sources, state, True)
            patchmatch.judge(self.picture, known, field, unlike, targets)
            for turn in range(6):
                way = 1 - 2 * (turn % 2)
                patchmatch.improve(self.picture, known, field, unlike, targets, self.usable, state, way)
            self.picture[rim] = self._sources(field, targets)
            known[rim] = 1
        patchmatch.scatter(field, self.targets, sources, state, False)
        return field

    def taken_from(self, coarse: NDArray[np.int32], state: NDArray[np.uint64]) -> NDArray[np.int32]:
        """A coarser level's field, on this one, and the hole filled by it."""
        rows, columns = self.targets[:, 0], self.targets[:, 1]
        above = np.minimum(rows // 2, coarse.shape[0] - 1), np.minimum(columns // 2, coarse.shape[1] - 1)
        found = coarse[above]
        place = np.stack([found[:, 0] * 2 + rows % 2, found[:, 1] * 2 + columns % 2], axis=1)
        height, width = self.hole.shape
        inside = (found[:, 0] >= 0) & (place[:, 0] < height) & (place[:, 1] < width)
        place[~inside] = 0
        inside &= self.usable[place[:, 0], place[:, 1]] > 0
        field = _nowhere(self.hole)
        field[rows[inside], columns[inside]] = place[inside]
        patchmatch.scatter(field, self.targets, _where(self.usable > 0), state, False)
        even = np.zeros(self.hole.shape, np.float32)
        self.picture[self.hole] = patchmatch.vote(self.picture, field, even, self.trust, self.pixels, 1.0)
        return field

    def settle(self, field: NDArray[np.int32], state: NDArray[np.uint64], rounds: int, steps: Steps) -> None:
        """Matches and votes until the hole's patches are like those they come from."""
        weights = np.ones(self.hole.shape, np.float32)
        unlike = np.zeros(self.hole.shape, np.float32)
        rounds = min(rounds, 2 + _WORK // max(self.pixels.shape[0], 1))
        for turn in range(rounds):
            span = part(steps, turn, rounds)
            patchmatch.judge(self.picture, weights, field, unlike, self.targets)
            for half, way in enumerate((1, -1)):
                span.progress(half / 3)
                patchmatch.improve(self.picture, weights, field, unlike, self.targets, self.usable, state, way)
            span.progress(2 / 3)
            worst = float(np.quantile(unlike[self.targets[:, 0], self.targets[:, 1]], 0.75))
            spread = max(worst, 1e-6)
            self.picture[self.hole] = patchmatch.vote(self.picture, field, unlike, self.trust, self.pixels, spread)

    def exact(self, field: NDArray[np.int32]) -> Tensor:
        """The hole's pixels as their own sources have them, not averaged: [n, 5]."""
        return self._sources(field, self.pixels)

    def _sources(self, field: NDArray[np.int32], pixels: NDArray[np.int32]) -> Tensor:
        found = field[pixels[:, 0], pixels[:, 1]]
        sources: Tensor = self.picture[found[:, 0], found[:, 1]]
        return sources


def _pyramid(picture: Tensor, hole: Hole) -> list[_Level] | None:
    """The levels, coarse to fine; None where nothing is whole enough to take patches from."""
    features = np.concatenate([picture, _roughness(picture, hole)], axis=2)
    depth = float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max())
    levels = [_Level.of(features, hole)]
    while depth > _THINNEST and min(levels[-1].hole.shape) >= 2 * _LEAST:
        smaller = _Level.of(*_halved(levels[-1].picture, levels[-1].hole))
        if not smaller.usable.any():
            break
        levels.append(smaller)
        depth /= 2
    return levels[::-1] if levels[0].usable.any() else None


def _roughness(picture: Tensor, hole: Hole) -> Tensor:
    """How much brightness changes from pixel to pixel hereabouts, across and down: [height, width, 2]."""
    known = (~hole).astype(np.float32)
    grey = picture.mean(axis=2)
    across = np.abs(np.diff(grey, axis=1, append=grey[:, -1:])) * known
    down = np.abs(np.diff(grey, axis=0, append=grey[-1:])) * known
    # What meets the hole on one side is a change that is not there.
    sound = cv2.erode(known, np.ones((3, 3), np.uint8))
    blurred = [cv2.blur(plane * sound, (15, 15)) for plane in (across, down)]
    share = np.maximum(cv2.blur(sound, (15, 15)), np.float32(1e-3))
    return np.stack([plane / share * np.float32(_ROUGHNESS) for plane in blurred], axis=2).astype(np.float32)


def _halved(picture: Tensor, hole: Hole) -> tuple[Tensor, Hole]:
    """Half as large, of what is known; a pixel is in the hole as soon as anything under it is."""
    height, width = hole.shape
    rows, columns = np.arange(height + height % 2).clip(0, height - 1), np.arange(width + width % 2).clip(0, width - 1)
    known = (~hole).astype(np.float32)[rows[:, None], columns]
    even = picture[rows[:, None], columns]
    size = (known.shape[1] // 2, known.shape[0] // 2)
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    # Two calls: OpenCV averages areas of up to four channels quickly.
    sums = [cv2.resize(even[..., part] * known[..., None], size, interpolation=cv2.INTER_AREA) for part in _HALVES]
    mean = np.concatenate(sums, axis=2) / np.maximum(share, np.float32(1e-6))[..., None]
    return mean.astype(np.float32), share < 1


_HALVES = (slice(0, 3), slice(3, 5))


def _where(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.argwhere(mask).astype(np.int32)


def _nowhere(hole: Hole) -> NDArray[np.int32]:
    return np.full((*hole.shape, 2), -1, np.int32)
