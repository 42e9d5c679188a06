"""The search at one size in tensors, on a graphics card: every pixel at once.

Barnes et al., "PatchMatch", SIGGRAPH 2009, with the neighbours' sources tried from far to near, as in Rong and Tan,
"Jump Flooding in GPU", I3D 2006, instead of in scan order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn.functional import avg_pool2d

from replate_server.operations.synthesis.levels import Level
from replate_server.operations.synthesis.matching import Sweep, Tick
from replate_server.operations.synthesis.problem import Array, Field, Picture

_JUMPS = (8, 4, 2, 1)
"""How far the neighbours are whose sources are tried, in pixels."""
_AT_ONCE = 1 << 18
"""Patches that are compared at once: some hundred megabytes."""
_TAKEN = 0.5
"""Share of the pixels that take a better source at once where use is dear: they do not know of one another."""


class Tensors:
    """The search at one size, on a device as torch names it."""

    def __init__(self, level: Level, reach: int, device: str) -> None:
        self._level, self._reach, self._device = level, reach, device
        self._height, self._width = level.shape
        self._rows, self._columns = level.source.shape[:2]
        self._source = self._flat(level.source)
        self._style = self._flat(level.style)
        self._weights = {
            alone: self._flat(np.broadcast_to(weights, (*level.shape, weights.shape[2])))
            if weights.shape[:2] != (1, 1)
            else self._flat(weights)
            for alone in (False, True)
            for weights in [level.weights_of(guides_alone=alone)]
        }
        rows = torch.arange(self._height, device=device)[:, None].expand(level.shape).reshape(-1)
        columns = torch.arange(self._width, device=device)[None].expand(level.shape).reshape(-1)
        self._place = torch.stack([rows, columns], dim=1)
        around = torch.arange(-reach, reach + 1, device=device)
        self._patch = torch.cartesian_prod(around, around)
        self.show(np.zeros((*level.shape, level.style.shape[2]), np.float32))

    def show(self, picture: Picture) -> None:
        self._target = self._flat(self._level.shown(picture))

    def vote(self, field: Field, tick: Tick) -> Picture:
        sources = torch.from_numpy(field).to(self._device).reshape(-1, 2).long()
        said = torch.empty((len(sources), self._style.shape[1]), device=self._device)
        for part in self._parts(len(sources)):
            there = self._place[part, None] + self._patch
            middle = sources[self._index(there, self._height, self._width)] - self._patch
            seen = self._style[self._index(middle, self._rows, self._columns)]
            inside = self._inside(there)[..., None]
            said[part] = (seen * inside).sum(dim=1) / inside.sum(dim=1)
            tick()
        picture: Picture = said.reshape(self._height, self._width, -1).cpu().numpy()
        return picture

    def judge(self, field: Field, tick: Tick, *, guides_alone: bool = False) -> Picture:
        sources = torch.from_numpy(field).to(self._device).reshape(-1, 2).long()
        unlike = self._unlike(torch.arange(len(sources), device=self._device), sources, guides_alone, tick)
        found: Picture = unlike.reshape(self._height, self._width).cpu().numpy()
        return found

    def improve(self, field: Field, unlike: Picture, active: Array, sweep: Sweep, tick: Tick) -> None:
        drawn = torch.Generator(self._device).manual_seed(sweep.seed)
        best = torch.from_numpy(field).to(self._device).reshape(-1, 2).long()
        error = torch.from_numpy(unlike).to(self._device).reshape(-1)
        all_at = torch.from_numpy(np.flatnonzero(active)).to(self._device)
        for offset in self._offsets(sweep, drawn):
            use = self._use(best) * sweep.dear if sweep.dear > 0 else None
            at = all_at
            if use is not None:
                at = at[torch.rand(len(at), generator=drawn, device=self._device) < _TAKEN]
            tried = self._tried(at, best, offset, drawn)
            usable = self._usable(at, tried) & (tried != best[at]).any(dim=1)
            at, tried = at[usable], tried[usable]
            found = self._unlike(at, tried, sweep.guides_alone, tick)
            before, after = error[at], found
            if use is not None:
                before = before + use[self._index(best[at], self._rows, self._columns)]
                after = after + use[self._index(tried, self._rows, self._columns)]
            better = after < before
            best[at[better]], error[at[better]] = tried[better], found[better]
        field[...] = best.reshape(field.shape).int().cpu().numpy()
        unlike[...] = error.reshape(unlike.shape).cpu().numpy()

    def _offsets(self, sweep: Sweep, drawn: torch.Generator) -> Iterator[tuple[int, int] | int]:
        """Where sources are tried from: a neighbour, or so far around one's own at random."""
        for jump in _JUMPS:
            yield from ((jump, 0), (-jump, 0), (0, jump), (0, -jump))
        reached = sweep.farthest
        while reached >= 1:
            yield reached
            reached //= 2

    def _tried(
        self, at: torch.Tensor, best: torch.Tensor, offset: tuple[int, int] | int, drawn: torch.Generator
    ) -> torch.Tensor:
        if isinstance(offset, int):
            around = torch.randint(-offset, offset + 1, (len(at), 2), generator=drawn, device=self._device)
            return best[at] + around
        step = torch.tensor(offset, device=self._device)
        neighbour = self._place[at] + step
        return best[self._index(neighbour, self._height, self._width)] - step

    def _unlike(self, at: torch.Tensor, sources: torch.Tensor, guides_alone: bool, tick: Tick) -> torch.Tensor:
        weights = self._weights[guides_alone]
        unlike = torch.empty(len(at), device=self._device)
        for part in self._parts(len(at)):
            there = self._place[at[part], None] + self._patch
            here = self._index(there, self._height, self._width)
            source = self._index(sources[part, None] + self._patch, self._rows, self._columns)
            difference = (self._target[here] - self._source[source]).square_()
            weighed = (difference * (weights if len(weights) == 1 else weights[here])).sum(dim=2)
            inside = self._inside(there)
            unlike[part] = (weighed * inside).sum(dim=1) / inside.sum(dim=1)
            tick()
        return unlike

    def _parts(self, count: int) -> Iterator[slice]:
        """Of so many patches, as many as are compared at once."""
        return (slice(first, first + _AT_ONCE) for first in range(0, count, _AT_ONCE))

    def _use(self, best: torch.Tensor) -> torch.Tensor:
        """How often the pixels around each of the source are used, [rows * columns], 1 on average."""
        counted = torch.bincount(self._index(best, self._rows, self._columns), minlength=self._rows * self._columns)
        use = counted.float().reshape(1, 1, self._rows, self._columns)
        for _ in range(2):
            use = avg_pool2d(use, 2 * self._reach + 1, 1, self._reach)
        return (use / use.mean()).reshape(-1)

    def _usable(self, at: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """Whether source patches, cut off as their targets are, lie within the source."""
        place = self._place[at]
        last = torch.tensor((self._height - 1, self._width - 1), device=self._device)
        end = torch.tensor((self._rows - 1, self._columns - 1), device=self._device)
        before, after = place.clamp(max=self._reach), (last - place).clamp(max=self._reach)
        return ((sources >= before) & (sources <= end - after)).all(dim=1)

    def _inside(self, place: torch.Tensor) -> torch.Tensor:
        last = torch.tensor((self._height, self._width), device=self._device)
        return ((place >= 0) & (place < last)).all(dim=-1)

    def _index(self, place: torch.Tensor, height: int, width: int) -> torch.Tensor:
        return place[..., 0].clamp(0, height - 1) * width + place[..., 1].clamp(0, width - 1)

    def _flat(self, picture: Array) -> torch.Tensor:
        """[pixels, channels] float32."""
        flat = np.array(picture, np.float32).reshape(-1, picture.shape[2])
        return torch.from_numpy(flat).to(self._device)
