"""Guided patch synthesis, from coarse to fine: search for like patches and vote in turns.

Hertzmann et al., "Image Analogies", SIGGRAPH 2001; Wexler, Shechtman and Irani, "Space-Time Completion of Video", PAMI
2007; Fišer et al., "StyLit", SIGGRAPH 2016; Jamriška et al., "Stylizing Video by Example", SIGGRAPH 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from replate.errors import BadRequest
from replate_server.operations.synthesis.bands import Loops
from replate_server.operations.synthesis.levels import Level, pyramid
from replate_server.operations.synthesis.problem import Array, Field, Guide, Picture, Settings, Synthesis

Progress = Callable[[float], None]

_SETTLED = 2 / 255
"""Of the style's range: what a vote changes a pixel by at most that need not be looked at again."""


def synthesize(
    style: Picture,
    guides: Sequence[Guide],
    settings: Settings | None = None,
    *,
    start: Field | None = None,
    device: str = "cpu",
    progress: Progress = lambda fraction: None,
) -> Synthesis:
    """A picture of the guides' target in the style [height, width, channels] float32, any finite range.

    `start` is a field at full size that is nearly right (-1 where nothing is known): it is bettered, and only what is
    not known is made from coarse to fine. `progress` is told a fraction in [0,1] every few milliseconds; what it raises
    ends the work. The same on the same device for the same seed. Raises `BadRequest` where sizes do not fit.
    """
    settings = settings or Settings()
    _check(style, guides, settings)
    return _Run(style, guides, settings, progress).made(start)


class _Run:
    def __init__(self, style: Picture, guides: Sequence[Guide], settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress
        self._reach = settings.patch_size // 2
        self._levels = pyramid(style, guides, _count(style, guides, settings))
        self._done, self._all, self._draw = 0.0, 0.0, 0

    def made(self, start: Field | None) -> Synthesis:
        field: Field | None = None
        self._all = sum(level.target[..., 0].size for level in self._levels)
        if start is not None and (start >= 0).all():
            self._levels, field = self._levels[:1], _within(start.astype(np.int32), self._levels[0], self._reach)
        for level in reversed(self._levels):
            matcher = Loops(level, self._reach)
            if start is not None and len(self._levels) == 1:
                pass
            elif field is None:
                field = self._scattered(level)
                self._search(matcher, level, field, matcher.guides, np.ones(field.shape[:2], np.bool_), 0.0)
            else:
                field = _doubled(field, level, self._reach)
            self._refine(matcher, level, field, self._settings.rounds, self._settings.uniformity)
            self._done += level.target[..., 0].size / self._all
        assert field is not None
        if self._settings.extra_pass_3x3:
            matcher = Loops(level, 1)
            self._refine(matcher, level, field, self._settings.rounds, 0.0)
        return self._finished(matcher, level, field)

    def _finished(self, matcher: Loops, level: Level, field: Field) -> Synthesis:
        picture = matcher.vote(level.style, field, self._tick)
        level.show(picture)
        energy = float(matcher.judge(field, matcher.whole, self._tick).mean(dtype=np.float64))
        error = matcher.judge(field, matcher.guides, self._tick)
        self._progress(1.0)
        return Synthesis(picture, field, error, energy)

    def _refine(self, matcher: Loops, level: Level, field: Field, rounds: int, uniformity: float) -> None:
        active = np.ones(field.shape[:2], np.bool_)
        before: Picture | None = None
        for _ in range(rounds):
            picture = matcher.vote(level.style, field, self._tick)
            level.show(picture)
            if before is not None:
                moved = (np.abs(picture - before) > _SETTLED * 65535 * level.step).any(axis=2)
                active = _spread(moved, self._reach)
                if not active.any():
                    return
            before = picture
            self._search(matcher, level, field, matcher.whole, active, uniformity)

    def _search(
        self, matcher: Loops, level: Level, field: Field, weights: Array, active: Array, uniformity: float
    ) -> None:
        unlike = matcher.judge(field, weights, self._tick)
        for sweep in range(self._settings.sweeps):
            self._draw += 1
            matcher.improve(
                field,
                unlike,
                weights,
                active,
                dear=uniformity / 255**2 / self._settings.patch_size**2,
                farthest=max(level.source.shape[:2]) // 2,
                seed=self._settings.seed * 100003 + self._draw,
                way=1 if sweep % 2 == 0 else -1,
                tick=self._tick,
            )

    def _scattered(self, level: Level) -> Field:
        drawn = np.random.default_rng(self._settings.seed)
        height, width = level.target.shape[:2]
        field = np.stack([drawn.integers(0, side, (height, width)) for side in level.source.shape[:2]], axis=2)
        return _within(field.astype(np.int32), level, self._reach)

    def _tick(self) -> None:
        self._progress(min(self._done, 1.0))


def _doubled(field: Field, level: Level, reach: int) -> Field:
    height, width = level.target.shape[:2]
    fine = 2 * field.repeat(2, axis=0)[:height].repeat(2, axis=1)[:, :width]
    fine[1::2, :, 0] += 1
    fine[:, 1::2, 1] += 1
    return _within(fine, level, reach)


def _within(field: Field, level: Level, reach: int) -> Field:
    """Each source patch brought inside, as far as its target's is."""
    for axis in range(2):
        side, there = level.target.shape[axis], level.source.shape[axis]
        at = np.arange(side, dtype=np.int32)
        least, most = np.minimum(reach, at), there - 1 - np.minimum(reach, side - 1 - at)
        shape = (side, 1) if axis == 0 else (1, side)
        field[..., axis] = np.clip(field[..., axis], least.reshape(shape), most.reshape(shape))
    return field


def _spread(where: Array, reach: int) -> Array:
    """Also where a patch has any of it."""
    grown = cv2.dilate(where.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(grown, np.bool_)


def _count(style: Picture, guides: Sequence[Guide], settings: Settings) -> int:
    """Of levels: as long as the smallest side has room for two patches."""
    side = min(*style.shape[:2], *guides[0].target.shape[:2])
    count = 1
    while (side + 1) // 2 > 2 * settings.patch_size and (settings.levels is None or count < settings.levels):
        side, count = (side + 1) // 2, count + 1
    return count


def _check(style: Picture, guides: Sequence[Guide], settings: Settings) -> None:
    if not guides:
        raise BadRequest("There is no guide; give at least one, a picture for the style and one for the target.")
    if settings.patch_size < 3 or settings.patch_size % 2 == 0:
        raise BadRequest(f"A patch of {settings.patch_size} pixels is not possible; give an odd number from 3 on.")
    target = guides[0].target.shape[:2]
    for place, guide in enumerate(guides, 1):
        if guide.source.shape[:2] != style.shape[:2]:
            raise BadRequest(
                f"The source of guide {place} is {_size(guide.source)} and the style {_size(style)}; "
                "reformat one to the other."
            )
        if guide.target.shape[:2] != target:
            raise BadRequest(
                f"The target of guide {place} is {_size(guide.target)} and that of guide 1 "
                f"{_size(guides[0].target)}; reformat one to the other."
            )
        if guide.source.shape[2] != guide.target.shape[2]:
            raise BadRequest(
                f"Guide {place} has {guide.source.shape[2]} channels for the style and {guide.target.shape[2]} for "
                "the target; give both the same."
            )
    if min(style.shape[:2]) < settings.patch_size:
        raise BadRequest(
            f"The style is {_size(style)}, smaller than a patch of {settings.patch_size} pixels; give a larger style "
            "or a smaller patch."
        )


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
