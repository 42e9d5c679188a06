"""The compiled loops, run over a picture's rows in bands on all cores; what comes out does not depend on how many."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from replate_server.operations.synthesis import loops
from replate_server.operations.synthesis.levels import Level
from replate_server.operations.synthesis.problem import Array, Field, Picture

_ROWS = 64
"""Of a band."""

Tick = Callable[[], None]


class Loops:
    """The search at one size, on the processor's cores."""

    def __init__(self, level: Level, reach: int, threads: int | None = None) -> None:
        """Patches are of 2 `reach` + 1 pixels; `threads` None: as many as there are cores."""
        self._level, self._reach = level, reach
        self._channels = level.source.shape[2]
        self._source = level.source.reshape(level.source.shape[0], -1)
        self._target = level.target.reshape(level.target.shape[0], -1)
        self._threads = threads or os.cpu_count() or 1
        height = level.target.shape[0]
        self._bands = [np.array([first, min(first + _ROWS, height)]) for first in range(0, height, _ROWS)]
        self.whole = self._laid(level.weights)
        guides = level.weights.copy()
        guides[:, : level.style.shape[2]] = 0
        self.guides = self._laid(guides)

    def vote(self, style: Picture, field: Field, tick: Tick) -> Picture:
        said = np.empty((*field.shape[:2], style.shape[2]), np.float32)
        self._each(lambda at, band: loops.vote(style, field, said, self._reach, band), tick)
        return said

    def judge(self, field: Field, weights: Array, tick: Tick) -> Picture:
        unlike = np.empty(field.shape[:2], np.float32)
        self._each(
            lambda at, band: loops.judge(
                self._target, self._source, weights, self._channels, field, unlike, self._reach, band
            ),
            tick,
        )
        return unlike

    def improve(
        self,
        field: Field,
        unlike: Picture,
        weights: Array,
        active: Array,
        *,
        dear: float,
        farthest: int,
        seed: int,
        way: int,
        tick: Tick,
    ) -> Array:
        """One sweep; `field` and `unlike` are changed in place. Gives where, [height, width] bool."""
        before, changed = field.copy(), np.zeros(field.shape[:2], np.bool_)
        use = np.zeros(self._level.source.shape[:2] if dear > 0 else (1, 1), np.int32)
        mean = 1.0
        if dear > 0:
            loops.uses(field, use, self._reach)
            mean = float(use.mean(dtype=np.float64))
        states = np.random.SeedSequence(seed).generate_state(len(self._bands), np.uint64) | np.uint64(1)

        def work(at: int, band: Array) -> None:
            loops.improve(
                self._target,
                self._source,
                weights,
                self._channels,
                field,
                unlike,
                before,
                active,
                changed,
                use.copy(),
                dear / mean,
                self._reach,
                farthest,
                band,
                states[at : at + 1],
                way,
            )

        self._each(work, tick)
        return changed

    def _laid(self, weights: Picture) -> Array:
        """As the loops want weights."""
        if len(weights) == 1:
            return np.tile(weights, 2 * self._reach + 1)
        return weights.reshape(self._target.shape)

    def _each(self, work: Callable[[int, Array], None], tick: Tick) -> None:
        with ThreadPoolExecutor(self._threads) as pool:
            waiting = [pool.submit(work, at, band) for at, band in enumerate(self._bands)]
            try:
                for done in as_completed(waiting):
                    done.result()
                    tick()
            finally:
                for left in waiting:
                    left.cancel()
