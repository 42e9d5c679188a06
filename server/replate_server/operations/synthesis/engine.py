"""Guided patch synthesis, from coarse to fine: search for like patches and vote in turns.

Hertzmann et al., "Image Analogies", SIGGRAPH 2001; Wexler, Shechtman and Irani, "Space-Time Completion of Video", PAMI
2007; Fišer et al., "StyLit", SIGGRAPH 2016; Jamriška et al., "Stylizing Video by Example", SIGGRAPH 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from replate_server.operations.synthesis.bands import Bands
from replate_server.operations.synthesis.fields import doubled, halved, levels_for, scattered, spread, within
from replate_server.operations.synthesis.levels import Level, most_levels, pyramid
from replate_server.operations.synthesis.matching import Matcher, Matching, Sweep
from replate_server.operations.synthesis.problem import Array, Field, Guide, Picture, Settings, Synthesis, check

Progress = Callable[[float], None]

_SETTLED = 2 / 255
"""Of the style's range: what a vote changes a pixel by at most that need not be looked at again."""
_FEWEST, _WORTH = 2, 0.2
"""Sweeps of a round, after which one that gains less than that part of the best is the last."""
_BEGUN = (4, 2)
"""Rounds and sweeps at most, at full size, of what was begun with a field that is nearly right."""
_DOUBTED = 6.0
"""How many times the median a start's guide difference is where it is not believed."""
_ALIKE = 1e-3
"""A guide difference that is believed in any case."""
_SHARE = 0.95
"""Of the work, until there is a field."""


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
    not known, or differs much more than the rest, is made from coarse to fine. `progress` is told a fraction in [0,1]
    many times a second; what it raises ends the work. The same for the same seed on the same kind of device, however
    many cores it has. Raises `BadRequest` where sizes do not fit.
    """
    return synthesize_by(_on(device), style, guides, settings or Settings(), start, progress)


def synthesize_by(
    matching: Matching,
    style: Picture,
    guides: Sequence[Guide],
    settings: Settings,
    start: Field | None = None,
    progress: Progress = lambda fraction: None,
) -> Synthesis:
    """As `synthesize`, searching with what `matching` makes."""
    check(style, guides, settings)
    run = _Run(matching, settings, progress)
    levels = pyramid(style, guides, most_levels(style, guides[0].target, settings))
    return run.finished(levels[0], run.made(levels, start))


def _on(device: str) -> Matching:
    if device == "cpu":
        return Bands
    # A server without a graphics card need not wait for torch.
    from replate_server.operations.synthesis.tensors import Tensors

    return partial(Tensors, device=device)


class _Run:
    def __init__(self, matching: Matching, settings: Settings, progress: Progress) -> None:
        self._matching, self._settings, self._progress = matching, settings, progress
        self._reach = settings.patch_size // 2
        self._draws = 0
        self._done, self._stage, self._ticks = 0.0, 0.0, 0

    def made(self, levels: Sequence[Level], start: Field | None) -> Field:
        """The field at full size."""
        begun = list(self._begun(levels, start))
        whole = sum(known.size for _, known in begun)
        field: Field | None = None
        for level, (given, known) in reversed(list(zip(levels, begun, strict=False))):
            self._enter(_SHARE * known.size / whole)
            matcher, unknown = self._matching(level, self._reach), spread(~known, self._reach)
            if field is None:
                field = np.where(known[..., None], given, scattered(level, self._settings.seed, self._reach))
                if unknown.any():
                    # What has been made so far is noise, and would count.
                    self._search(matcher, level, field, unknown, self._settings.sweeps, 0.0, guides_alone=True)
            else:
                field = np.where(known[..., None], given, doubled(field, level, self._reach))
            rounds, sweeps, active = self._settings.rounds, self._settings.sweeps, unknown
            if level is levels[0] and start is not None:
                rounds, sweeps, active = min(rounds, _BEGUN[0]), min(sweeps, _BEGUN[1]), np.ones_like(unknown)
            self._refine(matcher, level, field, active, rounds, sweeps, self._settings.uniformity)
        assert field is not None
        return field

    def finished(self, level: Level, field: Field) -> Synthesis:
        """The picture of a field at full size."""
        self._enter(1 - _SHARE)
        matcher = self._matching(level, self._reach)
        if self._settings.extra_pass_3x3:
            matcher = self._matching(level, 1)
            everywhere = np.ones(level.shape, np.bool_)
            self._refine(matcher, level, field, everywhere, self._settings.rounds, self._settings.sweeps, 0.0)
        picture = matcher.vote(field, self._tick)
        matcher.show(picture)
        energy = float(matcher.judge(field, self._tick).mean(dtype=np.float64))
        error = matcher.judge(field, self._tick, guides_alone=True)
        self._progress(1.0)
        return Synthesis(picture, field, error, energy)

    def _begun(self, levels: Sequence[Level], start: Field | None) -> Iterator[tuple[Field, Array]]:
        """What each level begins with, the finest first, and where that is known; no more levels than it takes."""
        if start is None:
            for level in levels:
                yield np.zeros((*level.shape, 2), np.int32), np.zeros(level.shape, np.bool_)
            return
        known = np.asarray((start >= 0).all(axis=2))
        field = within(start.astype(np.int32), levels[0], self._reach)
        unlike = self._matching(levels[0], self._reach).judge(field, self._tick, guides_alone=True)
        if known.any():
            most = max(_DOUBTED * float(np.median(unlike[known])), _ALIKE)
            known[unlike > most] = False
        for level in levels[: levels_for(~known, self._reach)]:
            yield within(field, level, self._reach), known
            field, known = halved(field, known)

    def _refine(
        self, matcher: Matcher, level: Level, field: Field, active: Array, rounds: int, sweeps: int, uniformity: float
    ) -> None:
        """Votes and searches in turns, until nothing changes that is seen; `field` is changed in place."""
        before: Picture | None = None
        for _ in range(rounds):
            picture = matcher.vote(field, self._tick)
            matcher.show(picture)
            if before is not None:
                moved = (np.abs(picture - before) > _SETTLED * level.range).any(axis=2)
                active = spread(moved, self._reach)
            if not active.any():
                return
            before = picture
            self._search(matcher, level, field, active, sweeps, uniformity)

    def _search(
        self,
        matcher: Matcher,
        level: Level,
        field: Field,
        active: Array,
        sweeps: int,
        uniformity: float,
        *,
        guides_alone: bool = False,
    ) -> None:
        unlike = matcher.judge(field, self._tick, guides_alone=guides_alone)
        left, most = float(unlike.mean(dtype=np.float64)), 0.0
        for turn in range(sweeps):
            self._draws += 1
            sweep = Sweep(
                # EbSynth's differences are sums over a patch, of samples up to 255.
                dear=uniformity / 255**2 / self._settings.patch_size**2,
                farthest=max(level.source.shape[:2]) // 2,
                seed=self._settings.seed * 100_003 + self._draws,
                forward=turn % 2 == 0,
                guides_alone=guides_alone,
            )
            matcher.improve(field, unlike, active, sweep, self._tick)
            before, left = left, float(unlike.mean(dtype=np.float64))
            most = max(most, before - left)
            if turn + 1 >= _FEWEST and before - left < _WORTH * most:
                return

    def _enter(self, share: float) -> None:
        """Begins with what is such a share of the work."""
        self._done, self._stage, self._ticks = self._done + self._stage, share, 0

    def _tick(self) -> None:
        # How many rounds there will be is not known: the first take the most.
        self._ticks += 1
        self._progress(self._done + self._stage * (1 - 0.99**self._ticks))
