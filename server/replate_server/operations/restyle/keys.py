"""Which frames of a scene are keyframes, and what is painted on them.

Those that were given are as they were given. Where a model paints more of them, each keeps of the one before what both
show, and is painted anew only where that has gone: so neighbouring keyframes agree, and nothing changes from one to the
next but what changes in the plate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.carrying import Key, carried
from replate_server.operations.restyle.following import Following
from replate_server.operations.restyle.joining import agreed

_NEW = 0.25
"""Share of a frame that the last keyframe does not show, at which the next one is due."""
_LEFT = 0.03
"""Share of a scene's last frame, likewise."""

Paint = Callable[[int, Steps], Tensor]
"""A frame as a model paints it by itself, [height, width, 3] over the shot's box, display-referred."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Frames between two keyframes, or beyond the outermost of a scene."""

    numbers: Sequence[int]
    """Rising, without the keyframes' own."""
    before: Key | None
    after: Key | None


@dataclass(frozen=True, slots=True)
class Keys:
    """What the keyframes of a shot come from."""

    given: Mapping[int, Callable[[], Tensor]]
    """Finished ones by number, [height, width, 3] over the shot's box, display-referred."""
    paint: Paint | None
    """None: there are those given and no others."""
    every: int
    """Frames after which a painted one is followed by the next at the latest."""

    def stretches(self, following: Following, scene: Sequence[int], steps: Steps) -> Iterator[Stretch]:
        """A scene's frames in rising order: each is in one stretch, or is the keyframe after one.

        A scene without any keyframe is one stretch without them.
        """
        due = [number for number in scene if number in self.given]
        if due:
            first = Key(due[0], self.given[due[0]]())
        elif self.paint is not None:
            first = Key(scene[0], self.paint(scene[0], steps))
        else:
            yield Stretch(scene, None, None)
            return
        leading = [first, *self._painted(following, first, -1, scene[0], steps)][::-1]
        yield Stretch(_between(scene, None, leading[0]), None, leading[0])
        for before, after in pairwise(leading):
            yield Stretch(_between(scene, before, after), before, after)
        key = first
        for number in (*due[1:], None):
            for new in self._painted(following, key, 1, scene[-1] if number is None else number, steps):
                yield Stretch(_between(scene, key, new), key, new)
                key = new
            if number is None:
                yield Stretch(_between(scene, key, None), key, None)
            else:
                after = Key(number, self.given[number]())
                yield Stretch(_between(scene, key, after), key, after)
                key = after

    def _painted(self, following: Following, key: Key, towards: int, end: int, steps: Steps) -> Iterator[Key]:
        """The keyframes that a model adds, from one towards the frame `end`, which may be a given one."""
        new: Key | None = key
        while self.paint is not None and new is not None:
            new = self._next(following, new, towards, end, self.paint, steps)
            if new is not None:
                yield new

    def _next(self, following: Following, key: Key, towards: int, end: int, paint: Paint, steps: Steps) -> Key | None:
        for distance, sight in enumerate(carried(following, key, towards, steps), 1):
            number, last = sight.number, sight.number == end
            if last and number in self.given:
                return None
            unseen = 1 - float(sight.trust.mean())
            if distance >= self.every or unseen > _NEW or (last and unseen > _LEFT):
                return Key(number, agreed(sight, paint(number, steps)))
            if last:
                return None
        return None


def _between(scene: Sequence[int], before: Key | None, after: Key | None) -> Sequence[int]:
    return [
        number
        for number in scene
        if (before is None or number > before.number) and (after is None or number < after.number)
    ]
