"""What motion and depth say of a frame and the frames around it: where its places are there, and whether they show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.depth import distances
from replate.errors import BadRequest, NotFound
from replate.frame import Box, Frame
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.motion import along, occlusion, parted, warp
from replate_server.darkroom.resize import Nature
from replate_server.operations.contract import Tensor, Window
from replate_server.operations.flow.operation import MOTION
from replate_server.operations.pictures import same_windows

_WAYS = {1: MOTION[:2], -1: MOTION[2:]}
"""Channels by the way in time."""


class Guides:
    """A frame and those up to `reach` before and after it, over the box that holds their data windows."""

    def __init__(self, window: Window, number: int, reach: int) -> None:
        """Raises `BadRequest` where a frame, its motion or its depth has another format than the first."""
        self._window, self._number = window, number
        at = window.context.index(number)
        self._before = window.context[max(at - reach, 0) : at][::-1]
        self._after = window.context[at + 1 : at + 1 + reach]
        self._plates = {one: window.frame("plate", one) for one in (number, *self._before, *self._after)}
        for one, plate in self._plates.items():
            same_windows(self._plates[number], plate, f"frame {one}")
        self.box = reduce(Box.union, (plate.spec.data_window for plate in self._plates.values()))

    def sights(self) -> Iterator[tuple[int, int, Tensor, Tensor]]:
        """The frames around, nearer ones first in each way of time, with how far each is from here.

        Of each, the motion there, [height, width, 2] in pixels over `box`, and what of this frame is seen all the way,
        [height, width] in [0,1]. Where nothing is, as beyond a cut, a way ends.
        """
        for towards, others in ((1, self._after), (-1, self._before)):
            steps = self._steps((self._number, *others), towards)
            for distance, (other, (motion, seen)) in enumerate(zip(others, along(steps), strict=False), 1):
                if not seen.any():
                    break
                yield other, distance, motion, seen

    def over_box(self, picture: NDArray[Any], number: int) -> NDArray[Any]:
        """A frame's picture [height, width, ...] over `box`; beyond its data window the edge goes on."""
        return reframe(picture, self._plates[number].spec.data_window, self.box, "edge")

    def over_frame(self, picture: NDArray[Any]) -> NDArray[Any]:
        """A picture over `box`, cut to this frame's data window."""
        return reframe(picture, self.box, self._plates[self._number].spec.data_window)

    def _steps(self, numbers: Sequence[int], towards: int) -> Iterator[tuple[Tensor, Tensor]]:
        """From each to the next; none where motion was not given for both."""
        for here, there in pairwise(numbers):
            one, other = self._given("motion", here), self._given("motion", there)
            if one is None or other is None:
                return
            gap = np.float32(abs(there - here))
            forward, back = self._vectors(one, towards) * gap, self._vectors(other, -towards) * gap
            known = [np.isfinite(vectors).all(axis=-1) for vectors in (forward, back)]
            forward[~known[0]], back[~known[1]] = 0, 0
            seen = known[0] & (warp(known[1].astype(np.float32), forward, Nature.DATA) > 0)
            seen &= occlusion(forward, back) == 0
            near, far = self._nearness(here), self._nearness(there)
            if near is not None and far is not None:
                seen &= parted(near, far, forward) == 0
            yield forward, seen.astype(np.float32)

    def _vectors(self, frame: Frame, towards: int) -> Tensor:
        """One way's vectors over `box`, NaN where there are none."""
        names = frame.spec.channels
        if not set(MOTION) <= set(names):
            raise BadRequest(
                f"Frame {frame.spec.number} of the motion has the channels {', '.join(names) or 'none'}; "
                f"it needs {', '.join(MOTION)}."
            )
        vectors = np.stack([frame.channel(name) for name in _WAYS[towards]], axis=-1).astype(np.float32)
        framed: Tensor = reframe(vectors, frame.spec.data_window, self.box, float("nan"))
        return framed.copy() if framed is vectors else framed

    def _nearness(self, number: int) -> Tensor | None:
        """1/Z over `box`, NaN where it is not known; None where no depth was given."""
        frame = self._given("depth", number)
        if frame is None:
            return None
        names = [name for name in frame.spec.channels if name.rpartition(".")[2] == "Z"] or list(frame.spec.channels)
        if len(names) != 1:
            raise BadRequest(
                f"Frame {number} of the depth has the channels {', '.join(frame.spec.channels) or 'none'}; "
                'shuffle the depth into "depth.Z".'
            )
        samples = frame.channel(names[0]).astype(np.float32)
        # Which way depth is written that does not say so is all the same where distances are only compared.
        if frame.spec.depth is not None:
            with np.errstate(divide="ignore"):
                samples = np.reciprocal(distances(samples, frame.spec.depth))
        framed: Tensor = reframe(samples, frame.spec.data_window, self.box, float("nan"))
        return framed

    def _given(self, role: str, number: int) -> Frame | None:
        if not self._window.has(role):
            return None
        try:
            frame = self._window.frame(role, number)
        except NotFound:
            return None
        same_windows(self._plates[number], frame, role)
        return frame
