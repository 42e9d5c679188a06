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

_GUESSED = np.float32(0.1)
"""What a pixel counts that is neither known nor to be filled, where a known one counts 1."""

_SURE = 0.1
"""How sure the continuation of what repeats must be to be taken as it is; where it is not, patches are put."""


class Patch:
    card = Card(
        name="inpaint/patch",
        label="Patches",
        tooltip="Fills with patches of the picture itself: texture and large plates stay sharp, at any size.",
        revision="2",
        licence="GPL-3.0-or-later",
        sizes=Sizes(minimum=_LEAST),
        windows=Windows(length=None),
        memory_bytes=2000 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load, and any device will do: it runs on the CPU."""

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        """The picture [height, width, 3] filled where `hole` is true, the same way for the same seed. Where only a part
        of it is `wanted`, the rest is gone into no farther than it takes to join that to what is known."""
        steps.progress(0.0)
        if not hole.any() or (wanted is not None and not wanted.any()):
            return picture.copy()
        todo = hole if wanted is None else _joining(hole, wanted)
        continuing, sure = continued(picture, hole, todo, Span(steps, 0.0, 0.3, "Looking for what repeats"))
        settled = sure > _SURE
        picture, todo, hole = np.where(settled[..., None], continuing, picture), todo & ~settled, hole & ~settled
        if not todo.any():
            return picture
        state = np.array([(seed * 2 + 1) * 0x9E3779B97F4A7C15 % (1 << 64)], np.uint64)
        levels = _pyramid(picture, todo, hole)
        if levels is None:
            film = membrane(picture, (~hole).astype(np.float32))
            return np.where(todo[..., None], film.clip(0, 1), picture).astype(np.float32)
        field = _nowhere(levels[0].todo)
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
        filled[todo] = levels[-1].exact(field)[..., :3].clip(0, 1)
        return filled


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    picture: Tensor
    """[height, width, 5]: colour, and roughness both ways, of what is known under a pixel. Where something is to do,
    it is made up as the level is settled."""
    share: Tensor
    """[height, width]: how much under a pixel is known."""
    todo: Hole
    """What is to be filled: nothing of it is wholly known."""
    usable: NDArray[np.uint8]
    """[height, width]: pixels whose patches are whole and known."""
    pixels: NDArray[np.int32]
    """[n, 2]: what is to do, in scan order."""
    targets: NDArray[np.int32]
    """[n, 2]: pixels whose patches hold some of it."""
    trust: Tensor

    @classmethod
    def of(cls, picture: Tensor, share: Tensor, todo: Hole) -> _Level:
        usable = np.asarray(1 - _around(share < 1), np.uint8)
        edge = patchmatch.REACH
        usable[:edge], usable[-edge:], usable[:, :edge], usable[:, -edge:] = 0, 0, 0, 0
        trust = np.power(np.float32(_FALL), -_depth(share)).astype(np.float32)
        return cls(picture, share, todo, usable, _where(todo), _where(_around(todo) > 0), trust)

    def peeled(self, state: NDArray[np.uint64], steps: Steps) -> NDArray[np.int32]:
        """Fills the level from the edge of what is to do inwards; the field that did.

        What is not known and stays so counts a little, as the film that known colours span over it: beside what is to
        do there may be nothing else.
        """
        field = _nowhere(self.todo)
        unlike = np.full(self.todo.shape, np.inf, np.float32)
        sources = _where(self.usable > 0)
        weights = (self.share == 1).astype(np.float32)
        other = (self.share < 1) & ~self.todo
        if other.any():
            self.picture[other] = membrane(self.picture, self.share)[other]
            weights[other] = _GUESSED
        left = self.todo.copy()
        while left.any():
            steps.progress(0.0)
            done = cv2.dilate((~left).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            rim = left & (done if done.any() else True)
            targets = _where(rim)
            patchmatch.scatter(field, targets, sources, state, True)
            patchmatch.judge(self.picture, weights, field, unlike, targets)
            for turn in range(6):
                way = 1 - 2 * (turn % 2)
                patchmatch.improve(self.picture, weights, field, unlike, targets, self.usable, state, way)
            self.picture[rim] = self._sources(field, targets)
            weights[rim], left[rim] = 1, False
        patchmatch.scatter(field, self.targets, sources, state, False)
        return field

    def taken_from(self, coarse: NDArray[np.int32], state: NDArray[np.uint64]) -> NDArray[np.int32]:
        """A coarser level's field, on this one, and the hole filled by it."""
        rows, columns = self.targets[:, 0], self.targets[:, 1]
        above = np.minimum(rows // 2, coarse.shape[0] - 1), np.minimum(columns // 2, coarse.shape[1] - 1)
        found = coarse[above]
        place = np.stack([found[:, 0] * 2 + rows % 2, found[:, 1] * 2 + columns % 2], axis=1)
        height, width = self.todo.shape
        inside = (found[:, 0] >= 0) & (place[:, 0] < height) & (place[:, 1] < width)
        place[~inside] = 0
        inside &= self.usable[place[:, 0], place[:, 1]] > 0
        field = _nowhere(self.todo)
        field[rows[inside], columns[inside]] = place[inside]
        patchmatch.scatter(field, self.targets, _where(self.usable > 0), state, False)
        even = np.zeros(self.todo.shape, np.float32)
        self.picture[self.todo] = patchmatch.vote(self.picture, field, even, self.trust, self.pixels, 1.0)
        return field

    def settle(self, field: NDArray[np.int32], state: NDArray[np.uint64], rounds: int, steps: Steps) -> None:
        """Matches and votes until the hole's patches are like those they come from."""
        weights = ((self.share == 1) | self.todo).astype(np.float32)
        unlike = np.zeros(self.todo.shape, np.float32)
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
            self.picture[self.todo] = patchmatch.vote(self.picture, field, unlike, self.trust, self.pixels, spread)

    def exact(self, field: NDArray[np.int32]) -> Tensor:
        """The hole's pixels as their own sources have them, not averaged: [n, 5]."""
        return self._sources(field, self.pixels)

    def _sources(self, field: NDArray[np.int32], pixels: NDArray[np.int32]) -> Tensor:
        found = field[pixels[:, 0], pixels[:, 1]]
        sources: Tensor = self.picture[found[:, 0], found[:, 1]]
        return sources


def _joining(hole: Hole, wanted: Hole) -> Hole:
    """What is wanted, and of the rest of the hole what lies between it and what is known."""
    known = (~hole).astype(np.float32)
    gap = float(_depth(known)[wanted & hole].min(initial=np.inf))
    return np.asarray(hole & (_depth((wanted & hole).astype(np.float32)) <= 2 * gap + patchmatch.REACH))


def _pyramid(picture: Tensor, todo: Hole, hole: Hole) -> list[_Level] | None:
    """The levels, coarse to fine; None where nothing is whole enough to take patches from."""
    features = np.concatenate([picture, _roughness(picture, hole)], axis=2)
    levels = [_Level.of(features, (~hole).astype(np.float32), todo)]
    depth = float(_depth(levels[0].share)[todo].max())
    while depth > _THINNEST and min(levels[-1].todo.shape) >= 2 * _LEAST:
        smaller = _Level.of(*_halved(levels[-1]))
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


def _halved(level: _Level) -> tuple[Tensor, Tensor, Hole]:
    """Half as large: the means of what is known, how much that is, and what is to do as soon as anything under a pixel
    is."""
    height, width = level.todo.shape
    rows, columns = np.arange(height + height % 2).clip(0, height - 1), np.arange(width + width % 2).clip(0, width - 1)
    share, picture, todo = (plane[rows[:, None], columns] for plane in (level.share, level.picture, level.todo))
    size = (share.shape[1] // 2, share.shape[0] // 2)
    known = cv2.resize(share, size, interpolation=cv2.INTER_AREA)
    # Two calls: OpenCV averages areas of up to four channels quickly.
    sums = [cv2.resize(picture[..., part] * share[..., None], size, interpolation=cv2.INTER_AREA) for part in _HALVES]
    mean = np.concatenate(sums, axis=2) / np.maximum(known, np.float32(1e-6))[..., None]
    return mean.astype(np.float32), known, cv2.resize(todo.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0


_HALVES = (slice(0, 3), slice(3, 5))


def _around(where: Hole) -> NDArray[np.uint8]:
    """Pixels whose patches hold any of it."""
    size = 2 * patchmatch.REACH + 1
    return np.asarray(cv2.dilate(where.astype(np.uint8), np.ones((size, size), np.uint8)), np.uint8)


def _depth(share: Tensor) -> Tensor:
    """Pixels from what is wholly known."""
    return np.asarray(cv2.distanceTransform((share < 1).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _where(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.argwhere(mask).astype(np.int32)


def _nowhere(todo: Hole) -> NDArray[np.int32]:
    return np.full((*todo.shape, 2), -1, np.int32)
