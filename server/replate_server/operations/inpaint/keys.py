"""What no frame shows: made up in a few key frames, and carried from there to all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.matte import grow
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.inpaint.backdrop import fetched
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.inpaint.revealing import put
from replate_server.operations.inpaint.surroundings import Surroundings
from replate_server.operations.inpaint.tracing import carried
from replate_server.operations.spans import Span, part

_MOST = 16
"""Key frames at the most; what is left over then is made up frame by frame."""
_SPECK = 64
"""Pixels in a frame that are worth neither a key frame nor a model: they are filled smoothly."""
_REACH = 2
"""Pixels around what was filled that are carried along with it."""

Filler = Callable[[Tensor, Hole, Hole, Steps], Tensor]
"""A picture filled by a model: the picture, its hole, what of the hole is wanted, steps."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Frames are meant by their index in the shot's context."""

    around: Surroundings
    filler: Filler
    _missing: dict[int, _Missing] = field(default_factory=dict)

    def make(self, steps: Steps) -> None:
        """Fills the frame that lacks most, carries that to the others, and goes on with what lacks most then."""
        self._look(Span(steps, 0.0, 0.4))
        for turn in range(_MOST):
            key = max(self._missing, key=lambda index: self._missing[index].left, default=None)
            if key is None or self._missing[key].left <= _SPECK:
                return
            span = part(Span(steps, 0.4, 1.0), turn, _MOST, "Making up what no frame shows")
            self._carry(key, self.complete(key, span))

    def complete(self, index: int, steps: Steps) -> Tensor:
        """A frame's picture, filled: by what others show, by what was carried there, by the model."""
        shot, number = self.around.shot, self.around.shot.context[index]
        picture, hole, wanted = shot.picture(number), shot.hole(number), shot.wanted(number)
        done = put(self.around.revealed(index), picture, hole, self.around.picture)
        missing = self._missing.get(index)
        if missing is None:
            return done
        left = missing.put(done)
        if missing.left > _SPECK:
            return self.filler(done, (hole & ~wanted) | left, left, steps)
        return _smoothed(done, left, hole & ~wanted) if missing.left else done

    def _look(self, steps: Steps) -> None:
        shot = self.around.shot
        for turn, number in enumerate(shot.numbers):
            part(steps, turn, len(shot.numbers), f"Looking for what frame {number} hides").progress(0.0)
            index = self.around.index(number)
            revealed = self.around.revealed(index)
            hidden = ~revealed.seen
            if hidden.any():
                shape = shot.hole(number).shape
                self._missing[index] = _Missing.of(shape, revealed.rows[hidden], revealed.columns[hidden])

    def _carry(self, key: int, picture: Tensor) -> None:
        shot, number = self.around.shot, self.around.shot.context[key]
        hole, wanted = shot.hole(number), shot.wanted(number)
        there = (grow(wanted.astype(np.float32), _REACH) > 0) & ~(hole & ~wanted)
        own = self._missing[key]
        own.take(~own.made, picture[own.rows, own.columns][~own.made])
        for towards in (-1, 1):
            for index, (motion, nodes, gain) in carried(key, self.around.motions, hole.shape, towards):
                missing = self._missing.get(index)
                if missing is None or not missing.left:
                    continue
                place = motion.at_points(nodes, *missing.points)
                covered = ~missing.made & _within(place, there)
                x, y = place[covered, 0], place[covered, 1]
                missing.take(covered, fetched(picture, x, y, cv2.INTER_CUBIC) * gain)


@dataclass(slots=True)
class _Missing:
    """What no frame shows of one: its pixels, and what was made up for them so far."""

    shape: tuple[int, int]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    colours: NDArray[np.float16]
    """[n, 3]"""
    made: NDArray[np.bool_]
    """[n]"""

    @classmethod
    def of(cls, shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> _Missing:
        return cls(shape, rows, columns, np.zeros((rows.size, 3), np.float16), np.zeros(rows.size, bool))

    @property
    def left(self) -> int:
        """How many pixels nothing was made up for."""
        return int(self.made.size - self.made.sum())

    @property
    def points(self) -> tuple[Tensor, Tensor]:
        return self.columns.astype(np.float32), self.rows.astype(np.float32)

    def take(self, which: NDArray[np.bool_], colours: Tensor) -> None:
        self.colours[which] = colours.clip(0, 1)
        self.made[which] = True

    def put(self, picture: Tensor) -> Hole:
        """Puts what was made up into a picture; which pixels are left, [height, width]."""
        picture[self.rows[self.made], self.columns[self.made]] = self.colours[self.made]
        left = np.zeros(self.shape, bool)
        left[self.rows[~self.made], self.columns[~self.made]] = True
        return left


def _within(place: Tensor, there: Hole) -> NDArray[np.bool_]:
    height, width = there.shape
    nearest = np.rint(np.nan_to_num(place, nan=-1.0))
    inside = (nearest >= 0).all(axis=1) & (nearest[:, 0] < width) & (nearest[:, 1] < height)
    x, y = (nearest[:, axis].astype(np.intp) * inside for axis in (0, 1))
    within: NDArray[np.bool_] = inside & there[y, x]
    return within


def _smoothed(picture: Tensor, left: Hole, unused: Hole) -> Tensor:
    rows, columns = np.flatnonzero(left.any(axis=1)), np.flatnonzero(left.any(axis=0))
    box = (slice(max(rows[0] - 4, 0), rows[-1] + 5), slice(max(columns[0] - 4, 0), columns[-1] + 5))
    film = membrane(picture[box], (~(left | unused)[box]).astype(np.float32))
    filled = picture.copy()
    filled[box][left[box]] = film[left[box]]
    return filled
