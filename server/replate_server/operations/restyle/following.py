"""How a scene's frames move, each to the ones beside it: by motion vectors that were given, or as measured."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest, NotFound
from replate.frame import Frame
from replate.values import Value
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.motion import inverse, occlusion, parted, warp
from replate_server.darkroom.resize import Nature
from replate_server.operations.contract import Steps, Tensor, Window
from replate_server.operations.flow.dis import Dis
from replate_server.operations.flow.operation import MOTION
from replate_server.operations.pictures import same_windows
from replate_server.operations.restyle.nearness import nearness
from replate_server.operations.shot import Shot

_WAYS = {1: MOTION[:2], -1: MOTION[2:]}
"""Channels by the way in time."""
_PARAMETERS: Mapping[str, Value] = {parameter.name: parameter.default for parameter in Dis.card.parameters}
_AROUND, _GAIN = 3.0, 0.008
"""Pixels over which motions are compared, and the difference of colours by which a measured one must lead nearer."""
_KEPT = 12
"""Pairs of neighbours, and looks, that are remembered: as many as lie between two keyframes, mostly."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """From a frame to one beside it."""

    motion: Tensor
    """[height, width, 2] in pixels over the shot's box: u to the right, v down."""
    seen: Tensor
    """[height, width]: 1 where the place is seen in both, 0 where it is hidden in the other or has left it."""


class Following:
    """Motion between the frames of a scene."""

    def __init__(self, window: Window, shot: Shot, scene: Sequence[int]) -> None:
        self.shot = shot
        self._window = window
        self._next = dict(pairwise(scene))
        self._before = {there: here for here, there in self._next.items()}
        self._tracker = Dis()
        self._tracker.load({}, "cpu")
        self._pairs: OrderedDict[int, tuple[Step, Step]] = OrderedDict()
        self._looks: OrderedDict[int, Tensor] = OrderedDict()

    def beside(self, number: int, towards: int) -> int | None:
        """The next frame (`towards` 1) or the one before (-1); None beyond the scene's ends."""
        return (self._next if towards > 0 else self._before).get(number)

    def step(self, number: int, other: int, steps: Steps) -> Step:
        """From a frame to one beside it."""
        first, second = min(number, other), max(number, other)
        if first not in self._pairs:
            _room(self._pairs)
            self._pairs[first] = self._pair(first, second, steps)
        return self._pairs[first][0 if number < other else 1]

    def look(self, number: int) -> Tensor:
        """A frame as colours are compared, [height, width, 3]: without what is finer than motion is exact."""
        if number not in self._looks:
            _room(self._looks)
            picture = self.shot.picture(number)
            self._looks[number] = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.float32).reshape(picture.shape)
        return self._looks[number]

    def _pair(self, first: int, second: int, steps: Steps) -> tuple[Step, Step]:
        steps.progress(0.0)
        there, back = self._measured(first, second, steps)
        on, off = 1 - occlusion(there, back), 1 - occlusion(back, there)
        # Measured one after the other they differ, and a picture carried along both would swim.
        back = np.where(off[..., None] > 0, inverse(there, back), back)
        measured = Step(there, on), Step(back, off)
        given = self._given_pair(first, second)
        if given is None:
            return measured
        looks = self.look(first), self.look(second)
        return _surer(given[0], measured[0], *looks), _surer(given[1], measured[1], *looks[::-1])

    def _measured(self, first: int, second: int, steps: Steps) -> tuple[Tensor, Tensor]:
        one, two = self.shot.picture(first), self.shot.picture(second)
        there = self._tracker.run(one, two, _PARAMETERS, steps)
        return there, self._tracker.run(two, one, _PARAMETERS, steps)

    def _given_pair(self, first: int, second: int) -> tuple[Step, Step] | None:
        """There and back; None where motion was not given for both."""
        one, other = self._given("motion", first), self._given("motion", second)
        if one is None or other is None:
            return None
        gap = np.float32(second - first)
        there, back = self._vectors(one, 1) * gap, self._vectors(other, -1) * gap
        near, far = (nearness(self._window, number, self.shot.box) for number in (first, second))
        known = [np.isfinite(vectors).all(axis=-1) for vectors in (there, back)]
        there[~known[0]], back[~known[1]] = 0, 0

        def seen(forward: Tensor, backward: Tensor, here: int, depths: tuple[Tensor | None, Tensor | None]) -> Tensor:
            both: NDArray[np.bool_] = known[here] & (warp(known[1 - here].astype(np.float32), forward, Nature.DATA) > 0)
            both &= occlusion(forward, backward) == 0
            if depths[0] is not None and depths[1] is not None:
                both &= parted(depths[0], depths[1], forward) == 0
            return both.astype(np.float32)

        return Step(there, seen(there, back, 0, (near, far))), Step(back, seen(back, there, 1, (far, near)))

    def _vectors(self, frame: Frame, towards: int) -> Tensor:
        """One way's vectors over the box, NaN where there are none."""
        names = frame.spec.channels
        if not set(MOTION) <= set(names):
            raise BadRequest(
                f"Frame {frame.spec.number} of the motion has the channels {', '.join(names) or 'none'}; "
                f"it needs {', '.join(MOTION)}."
            )
        vectors = np.stack([frame.channel(name) for name in _WAYS[towards]], axis=-1).astype(np.float32)
        return self._over_box(vectors, frame)

    def _over_box(self, samples: NDArray[Any], frame: Frame) -> Tensor:
        framed: Tensor = reframe(samples, frame.spec.data_window, self.shot.box, float("nan"))
        return framed.copy() if framed is samples else framed

    def _given(self, role: str, number: int) -> Frame | None:
        if not self._window.has(role):
            return None
        try:
            frame = self._window.frame(role, number)
        except NotFound:
            return None
        same_windows(self._window.frame("plate", number), frame, role)
        return frame


def _surer(given: Step, measured: Step, here: Tensor, there: Tensor) -> Step:
    """The given step, and the measured one where that leads to what looks more alike.

    A renderer knows how a surface moves, and not how the picture does that lies on it.
    """
    astray = [np.abs(warp(there, step.motion, Nature.COLOUR) - here).mean(axis=-1) for step in (given, measured)]
    gain = np.asarray(cv2.GaussianBlur(astray[0] - astray[1], (0, 0), _AROUND))
    better = (gain > _GAIN) & (measured.seen > 0) & (given.seen > 0)
    return Step(np.where(better[..., None], measured.motion, given.motion), np.where(better, measured.seen, given.seen))


def _room(known: OrderedDict[int, Any]) -> None:
    """Room for one more."""
    while len(known) >= _KEPT:
        known.popitem(last=False)
