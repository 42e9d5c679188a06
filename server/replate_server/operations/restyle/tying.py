"""Colours that drift within a take, or jump from one take to the next, held to where they were.

A model of clips lets colours wander, the more the longer a clip is, and begins every clip elsewhere. What has changed
is seen where the plate has not: along the plate's motion, where the plate looks the same at both ends, what was
painted should, too. What changes of the painting there, beyond what changes of the plate, is drift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Value
from replate_server.darkroom.development import LUMINANCE
from replate_server.darkroom.motion import Matte, Motion, along, likeness, occlusion, warp
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.tying import Tie, between, ends_of, tie
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.dis import Dis
from replate_server.operations.restyle.takes import Takes
from replate_server.operations.shot import Shot

_LONGEST = 256
"""Pixels of a picture's long side at which colours are compared: noise is gone there."""
_EVERY = 8
"""Frames after which colours are compared at the latest."""
_SAME = 0.5
"""Likeness from which on the plate shows the same."""
_LEFT = 0.35
"""Share of a picture that must be left of the frame that others are held to; else a later one takes its place. The
fewer are put end to end, the less do their errors add up."""
_HARDLY, _ENOUGH = 0.02, 0.1
"""Shares of a picture by which nothing is believed, and everything."""
_QUIET = 0.002
"""A change that is none: of what is measured along a motion."""
_LUMA = np.array(LUMINANCE, np.float32)
_PARAMETERS: Mapping[str, Value] = {"preset": "fast"}


class Tying:
    """What ties the takes of a scene."""

    def __init__(self, shot: Shot, takes: Takes) -> None:
        self._shot, self._takes = shot, takes
        self._tracker = Dis()
        width, height = takes.size
        scale = min(_LONGEST / max(width, height), 1.0)
        self._size = max(round(width * scale), 1), max(round(height * scale), 1)
        self._steps: dict[tuple[int, int], tuple[Motion, Matte]] = {}

    def ties(
        self, numbers: Sequence[int], painted: Sequence[Tensor], known: Mapping[int, Tensor], steps: Steps
    ) -> list[Tie]:
        """What leads each frame of a take to the colours of those that are known, by their index, or to its first's.

        The frames, and those known, are [height, width, 3] of the takes' size, display-referred in [0,1].
        """
        self._steps.clear()
        last_shared = max((index for index in known if all(one in known for one in range(index))), default=0)
        wanted = {*range(0, len(numbers), _EVERY), last_shared, len(numbers) - 1}
        # What a take shares with the one before is known all along; of an artist's keyframes each counts.
        nodes = sorted(wanted | {index for index in known if index > last_shared})
        start = next((index for index in nodes if index in known), 0)
        found: dict[int, Tie] = {}
        for way in (nodes[nodes.index(start) :], nodes[nodes.index(start) :: -1]):
            found |= self._walked(way, numbers, painted, known, steps)
        return between(sorted(found.items(), key=lambda one: one[0]), len(numbers))

    def small(self, picture: Tensor) -> Tensor:
        """A picture as colours are compared."""
        shrunk = resize(picture, *self._size, Nature.COLOUR)
        return np.asarray(cv2.GaussianBlur(shrunk, (0, 0), 1.0), np.float32).reshape(shrunk.shape)

    def inside(self, number: int) -> NDArray[np.bool_]:
        """Where a frame is repainted, [rows, columns]."""
        inside: NDArray[np.bool_] = resize(self._takes.matte(number), *self._size, Nature.MATTE) > 0.5
        return inside

    def _walked(
        self,
        nodes: Sequence[int],
        numbers: Sequence[int],
        painted: Sequence[Tensor],
        known: Mapping[int, Tensor],
        steps: Steps,
    ) -> dict[int, Tie]:
        """Of nodes one after the other, in either way; the first has to be right."""
        found: dict[int, Tie] = {}
        looks: dict[int, Tensor] = {}
        held = nodes[0]
        for before, node in zip((None, *nodes), nodes, strict=False):
            steps.check()
            look = self.small(painted[node])
            if node in known:
                inside = self.inside(numbers[node])
                inside = inside if inside.mean() > _HARDLY else np.ones_like(inside)
                looks[node], held = self.small(known[node]), node
                found[node] = tie(look[inside], looks[node][inside])
                continue
            found[node] = Tie.none() if before is None else found[before]
            looks[node] = found[node].of(look)
            if before is None:
                continue
            for reference in dict.fromkeys((held, before)):
                link, share = self._link(numbers, node, looks[node], reference, looks[reference], steps)
                held = reference
                if share >= _LEFT:
                    break
            believed = float(np.clip((share - _HARDLY) / (_ENOUGH - _HARDLY), 0, 1))
            found[node] = found[node].then(Tie.none().towards(link, believed))
            looks[node] = found[node].of(look)
        return found

    def _link(
        self, numbers: Sequence[int], node: int, look: Tensor, reference: int, there: Tensor, steps: Steps
    ) -> tuple[Tie, float]:
        """What drifted from another frame to a node, and the share of the picture by which it was seen."""
        way = 1 if reference > node else -1
        row = [numbers[index] for index in range(node, reference + way, way)]
        motion, seen = list(along(self._step(one, other, steps) for one, other in pairwise(row)))[-1]
        plates = self._plate(row[0]), self._plate(row[-1])
        same = (seen > 0.5) & (likeness(plates[0], plates[1], motion) > _SAME)
        inside = self.inside(row[0]) & (warp(self.inside(row[-1]).astype(np.float32), motion, Nature.MATTE) > 0.5)
        same &= inside
        share = float(same.sum() / max(inside.sum(), 1)) if inside.mean() > _HARDLY else 0.0
        if share < _HARDLY:
            return Tie.none(), share
        here, there = look[same], warp(there, motion, Nature.COLOUR)[same]
        changed = plates[0][same] - warp(plates[1], motion, Nature.COLOUR)[same]
        return _beyond(here, there + _followed(here - there, changed, here, plates[0][same])), share

    def _step(self, number: int, other: int, steps: Steps) -> tuple[Motion, Matte]:
        """The motion from a frame to the one beside it, and what is seen in both."""
        if (number, other) not in self._steps:
            steps.check()
            one, two = self._plate(number), self._plate(other)
            there, back = (self._tracker.run(*pair, _PARAMETERS, steps) for pair in ((one, two), (two, one)))
            self._steps[number, other] = there, 1 - occlusion(there, back)
            self._steps[other, number] = back, 1 - occlusion(back, there)
        return self._steps[number, other]

    def _plate(self, number: int) -> Tensor:
        return self.small(self._shot.small(number))


def _followed(change: Tensor, changed: Tensor, colours: Tensor, plates: Tensor) -> Tensor:
    """What of a painting's change the plate's own change explains; all are [n, 3], of the same places.

    A painting that changes where the plate does follows it, as its own contrast has it at the most; one that does not
    stays as it was.
    """
    luma, cause = plates @ _LUMA, changed @ _LUMA
    rates = cause @ change / max(float(cause @ cause), 1e-9)
    contrast = colours.std(axis=0) / max(float(luma.std()), 1e-3)
    contrast *= np.sign((luma - luma.mean()) @ colours)
    explained: Tensor = cause[:, None] * rates.clip(np.minimum(contrast, 0), np.maximum(contrast, 0))
    return explained.astype(np.float32)


def _beyond(here: Tensor, due: Tensor) -> Tie:
    """From colours to those that are due, [n, 3], but for what may be chance."""
    ends = ends_of(here)
    shifts = tie(here, due).shifts(ends)
    return Tie.through(ends, np.sign(shifts) * np.maximum(np.abs(shifts) - _QUIET, 0))
