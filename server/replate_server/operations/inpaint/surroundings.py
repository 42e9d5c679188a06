"""A shot as its holes see it: how the backdrop moves, and what of each frame shows it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.matte import grow
from replate_server.operations.contract import MEGABYTE, Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.backdrop import Backdrop, Pair, measure
from replate_server.operations.inpaint.holes import Hole, Packed
from replate_server.operations.inpaint.lockoff import locked_off
from replate_server.operations.inpaint.revealing import Revealed
from replate_server.operations.inpaint.tracing import trace
from replate_server.operations.spans import part

_MARGIN = 2
"""Pixels around a hole that are not used: the subject's soft edge."""
_BLIND = 12
"""Pixels around a hole within which its measured motion says nothing of what is there."""
_KEPT = 1024 * MEGABYTE
"""Pictures that are kept for other frames to look at."""


class Shot(Protocol):
    """Pictures of one size, fetched when asked for, and what is missing in them."""

    @property
    def numbers(self) -> Sequence[int]:
        """The frames to fill, rising."""

    @property
    def context(self) -> Sequence[int]:
        """The frames that may be looked at, rising: those to fill among them."""

    def picture(self, number: int) -> Tensor:
        """[height, width, 3] display-referred in [0,1]."""

    def hole(self, number: int) -> Hole:
        """[height, width]: what must not be looked at."""

    def wanted(self, number: int) -> Hole:
        """[height, width]: what of the hole is to be filled; the whole of it, as a rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Frames are meant by their index in the shot's context."""

    shot: Shot
    motions: Mapping[tuple[int, int], Backdrop]
    """Of the backdrop, by pairs of neighbours."""
    usable: Mapping[int, Packed]
    """What of a frame shows the backdrop."""
    _pictures: OrderedDict[int, NDArray[np.float16]] = field(default_factory=OrderedDict)

    @classmethod
    def measured(cls, shot: Shot, tracker: Tracker, steps: Steps) -> Surroundings:
        """Looks at every frame of the context once, and at the motion wherever there is a hole."""
        motions: dict[tuple[int, int], Backdrop] = {}
        agreements: dict[int, list[Hole]] = {}
        usable: dict[int, Packed] = {}
        last: tuple[Tensor, Hole] | None = None
        context = shot.context
        for index in range(len(context)):
            span = part(steps, index, len(context), f"Looking around the hole in frame {context[index]}")
            span.progress(0.0)
            hole = shot.hole(context[index])
            following = shot.hole(context[index + 1]) if index + 1 < len(context) else hole
            if index + 1 < len(context) and (hole.any() or following.any()):
                one = shot.picture(context[index]) if last is None else last[0]
                other = shot.picture(context[index + 1])
                pair = measure(tracker, one, other, (hole, following), span)
                motions[index, index + 1], motions[index + 1, index] = pair.there, pair.back
                agreements.setdefault(index, []).append(pair.agrees)
                agreements.setdefault(index + 1, []).append(pair.agrees_back)
                last = other, following
            else:
                last = None
            usable[index] = Packed.of(_usable(hole, agreements.pop(index, [])))

        def compare(first: int, last: int) -> Pair:
            one, other = context[first], context[last]
            return measure(tracker, shot.picture(one), shot.picture(other), (shot.hole(one), shot.hole(other)), steps)

        return cls(shot, locked_off(motions, compare), usable)

    def index(self, number: int) -> int:
        return self.shot.context.index(number)

    def picture(self, index: int) -> Tensor:
        """A picture of the context; the last ones asked for are kept, in half floats."""
        kept = self._pictures
        if index not in kept:
            half = self.shot.picture(self.shot.context[index]).astype(np.float16)
            while kept and (len(kept) + 1) * half.nbytes > _KEPT:
                kept.popitem(last=False)
            kept[index] = half
        kept.move_to_end(index)
        return kept[index].astype(np.float32)

    def revealed(self, index: int) -> Revealed:
        """Where other frames show what is wanted of a frame."""
        number = self.shot.context[index]
        rows, columns = np.nonzero(self.shot.wanted(number) & self.shot.hole(number))
        points = columns.astype(np.float32), rows.astype(np.float32)
        before, after = (trace(index, points, self.motions, self._shown, towards) for towards in (-1, 1))
        return Revealed(rows, columns, (before, after))

    def _shown(self, index: int) -> Hole:
        return self.usable[index].unpacked


def _usable(hole: Hole, agreements: Sequence[Hole]) -> Hole:
    outside = ~(grow(hole.astype(np.float32), _MARGIN) > 0)
    if not agreements:
        return outside
    blind = grow(hole.astype(np.float32), _BLIND) > 0
    usable: Hole = outside & (np.logical_or.reduce(agreements) | blind)
    return usable
