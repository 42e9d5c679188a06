"""A shot followed along its motion: what frames around a frame show of the same places, and where to believe it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np

from replate.values import Value
from replate_server.darkroom.motion import along, likeness, occlusion, without_specks
from replate_server.operations.contract import Cached, Steps, Tensor
from replate_server.operations.flow.dis import Dis
from replate_server.operations.shot import Shot

_CUT = 0.25
"""Two frames that share less than this part of their places are two shots."""
_PAIRS = 26
"""Pairs, and small pictures, in memory: those of the widest reach."""
_PARAMETERS: Mapping[str, Value] = {parameter.name: parameter.default for parameter in Dis.card.parameters}

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """From a frame to one beside it."""

    motion: Tensor
    """[rows, columns, 2] in pixels of the small pictures."""
    seen: Tensor
    """[rows, columns]: 1 where the place is seen in both, 0 where it is hidden in the other or has left it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What another frame shows of this frame's places."""

    place: int
    motion: Tensor
    """[rows, columns, 2]: from this frame to where the other shows the same."""
    trust: Tensor
    """[rows, columns] in [0,1]: seen in both, and looking alike."""


class Tracks:
    """Motion between the frames of a shot, at the size of its small pictures. Frames go by their place in the shot."""

    def __init__(self, shot: Shot, steps: Steps) -> None:
        self._shot, self._steps, self._tracker = shot, steps, Dis()
        self._pictures: OrderedDict[int, Tensor] = OrderedDict()
        self._pairs: OrderedDict[int, tuple[Step, Step] | None] = OrderedDict()

    def step(self, place: int, towards: int, steps: Steps) -> Step | None:
        """From a frame to the next (`towards` 1) or the one before (-1); None at a cut and beyond the shot's ends."""
        first = place if towards > 0 else place - 1
        if not 0 <= first < len(self._shot.numbers) - 1:
            return None
        pair = _remembered(self._pairs, first, _PAIRS, lambda: self._pair(first, steps))
        return pair[0 if towards > 0 else 1] if pair is not None else None

    def sights(self, place: int, reach: int, steps: Steps) -> Iterator[Sight]:
        """What up to `reach` frames before and after show of a frame; none of them lies beyond a cut."""
        here = self._picture(place)
        for towards in (1, -1):
            way = range(place, place + towards * reach, towards)
            found = along(self._steps_on(way, towards, steps))
            for other, (motion, seen) in zip((at + towards for at in way), found, strict=False):
                trust = seen * likeness(here, self._picture(other), motion)
                yield Sight(other, motion, without_specks(trust))

    def _steps_on(self, way: range, towards: int, steps: Steps) -> Iterator[tuple[Tensor, Tensor]]:
        for place in way:
            step = self.step(place, towards, steps)
            if step is None:
                return
            yield step.motion, step.seen

    def _pair(self, first: int, steps: Steps) -> tuple[Step, Step] | None:
        numbers = self._shot.numbers[first : first + 2]
        steps.progress(0.0)
        flows = self._steps.cached(
            f"tracks {Dis.card.revision} {_PARAMETERS} {' '.join(self._shot.key(number) for number in numbers)}",
            lambda: self._followed(numbers[0], numbers[1], steps),
        )
        there, back = (flows[way].astype(np.float32) for way in ("there", "back"))
        on, off = Step(there, 1 - occlusion(there, back)), Step(back, 1 - occlusion(back, there))
        here = self._picture(first)
        alike = on.seen * (likeness(here, self._picture(first + 1), there) > np.exp(-1))
        return (on, off) if alike.mean() >= _CUT else None

    def _followed(self, first: int, second: int, steps: Steps) -> Cached:
        one, two = self._shot.small(first), self._shot.small(second)
        there = self._tracker.run(one, two, _PARAMETERS, steps)
        back = self._tracker.run(two, one, _PARAMETERS, steps)
        return {"there": there.astype(np.float16), "back": back.astype(np.float16)}

    def _picture(self, place: int) -> Tensor:
        """A small picture as colours are compared: what is finer than a pixel of motion is smoothed away."""
        return _remembered(self._pictures, place, _PAIRS, lambda: self._blurred(place))

    def _blurred(self, place: int) -> Tensor:
        small = self._shot.small(self._shot.numbers[place])
        return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32).reshape(small.shape)


def _remembered(known: OrderedDict[int, Any], key: int, most: int, make: Callable[[], Item]) -> Item:
    if key not in known:
        known[key] = make()
        while len(known) > most:
            known.popitem(last=False)
    known.move_to_end(key)
    item: Item = known[key]
    return item
