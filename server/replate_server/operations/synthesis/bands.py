"""The compiled loops, run over a picture's rows in bands on all cores; what comes out does not depend on how many."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed, wait

import numpy as np

from replate_server.operations.synthesis import loops
from replate_server.operations.synthesis.levels import Level
from replate_server.operations.synthesis.matching import Sweep, Tick
from replate_server.operations.synthesis.problem import Array, Field, Picture

_ROWS = 64
"""Of a band."""


class Bands:
    """The search at one size, on the processor's cores."""

    def __init__(self, level: Level, reach: int, threads: int | None = None) -> None:
        """`threads` None: as many as there are cores."""
        self._level, self._reach = level, reach
        self._channels = level.source.shape[2]
        self._source = level.source.reshape(len(level.source), -1)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="replate-synthesis")
        height = level.shape[0]
        self._bands = [np.array([first, min(first + _ROWS, height)]) for first in range(0, height, _ROWS)]
        self._weights = {alone: self._laid(level.weights_of(guides_alone=alone)) for alone in (False, True)}
        self.show(np.zeros((*level.shape, level.style.shape[2]), np.float32))

    def show(self, picture: Picture) -> None:
        self._target = self._level.shown(picture).reshape(len(picture), -1)

    def vote(self, field: Field, tick: Tick) -> Picture:
        style = self._level.style
        said = np.empty((*field.shape[:2], style.shape[2]), np.float32)
        self._each(lambda at: loops.vote(style, field, said, self._reach, self._bands[at]), tick)
        return said

    def judge(self, field: Field, tick: Tick, *, guides_alone: bool = False) -> Picture:
        unlike = np.empty(field.shape[:2], np.float32)

        def work(at: int) -> None:
            loops.judge(
                self._target,
                self._source,
                self._weights[guides_alone],
                self._channels,
                field,
                unlike,
                self._reach,
                self._bands[at],
            )

        self._each(work, tick)
        return unlike

    def improve(self, field: Field, unlike: Picture, active: Array, sweep: Sweep, tick: Tick) -> None:
        before, dear = field.copy(), sweep.dear
        use = np.zeros(self._level.source.shape[:2] if dear > 0 else (1, 1), np.int32)
        if dear > 0:
            loops.uses(field, use, self._reach)
            dear /= float(use.mean(dtype=np.float64))
        states = np.random.SeedSequence(sweep.seed).generate_state(len(self._bands), np.uint64) | np.uint64(1)

        def work(at: int) -> None:
            loops.improve(
                self._target,
                self._source,
                self._weights[sweep.guides_alone],
                self._channels,
                field,
                unlike,
                before,
                active,
                use.copy(),
                dear,
                self._reach,
                sweep.farthest,
                self._bands[at],
                states[at : at + 1],
                1 if sweep.forward else -1,
            )

        self._each(work, tick, active)

    def _laid(self, weights: Picture) -> Array:
        """As the loops want weights."""
        if weights.shape[:2] == (1, 1):
            return np.tile(weights[0], 2 * self._reach + 1)
        return weights.reshape(len(weights), -1)

    def _each(self, work: Callable[[int], None], tick: Tick, where: Array | None = None) -> None:
        """Runs `work` for the number of each band, or of each that has any of `where`."""
        asked = [at for at, (first, end) in enumerate(self._bands) if where is None or where[first:end].any()]
        waiting = [self._pool.submit(work, at) for at in asked]
        try:
            for done in as_completed(waiting):
                done.result()
                tick()
        finally:
            for left in waiting:
                left.cancel()
            wait(waiting)
