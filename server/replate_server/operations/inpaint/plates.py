"""A window's plate and matte, as the shot that is filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from replate.errors import BadRequest
from replate.frame import Box
from replate.values import Value
from replate_server.darkroom.development import Development, develop
from replate_server.darkroom.geometry import crop, reframe
from replate_server.darkroom.matte import feather, grow, matte_of
from replate_server.operations.contract import Steps, Tensor, Window
from replate_server.operations.inpaint.holes import Hole, Packed
from replate_server.operations.pictures import same_windows

_LOOKED_AT = (1, 3, 6, 10, 15, 21, 28, 36, 45, 55)
"""How far outside the frames that are asked for others are looked at: wider and wider, so that a single frame is not
kept waiting for a whole shot, and yet neighbours are near enough to each other for their motion to be measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Plates:
    """A `Shot` over the box that holds the data windows of all frames looked at.

    The hole is where the matte, grown and feathered, covers anything, and what lies outside a frame's data window;
    wanted is the first alone.
    """

    window: Window
    steps: Steps
    numbers: Sequence[int]
    context: Sequence[int]
    box: Box
    _holes: dict[int, Packed] = field(default_factory=dict)
    _developed: dict[int, Development] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, window: Window, steps: Steps, numbers: Sequence[int], context: Sequence[int]) -> Plates:
        """Raises `BadRequest` for frames of different formats."""
        first = window.frame("plate", numbers[0])
        box = first.spec.data_window
        for number in context:
            plate = window.frame("plate", number)
            same_windows(first, plate, f"frame {number}")
            box = box.union(plate.spec.data_window)
        return cls(window, steps, numbers, context, box)

    def development(self, number: int) -> Development:
        """A frame as a model sees it; the last one is kept. What was mended in it is told once."""
        if number not in self._developed:
            self._developed.clear()
            self._developed[number] = develop(self.window.frame("plate", number), self.window.colour_config)
            for warning in () if number in self._told else self._developed[number].warnings:
                self.steps.warn(warning)
            self._told.add(number)
        return self._developed[number]

    def picture(self, number: int) -> Tensor:
        framed: Tensor = reframe(self.development(number).display, self._own(number), self.box, "edge")
        return framed

    def hole(self, number: int) -> Hole:
        if number not in self._holes:
            hole = reframe(self.share(number) > 0, self._own(number), self.box, True)
            self._holes[number] = Packed.of(hole)
        return self._holes[number].unpacked

    def wanted(self, number: int) -> Hole:
        own = self._own(number)
        wanted: Hole = reframe(crop(self.hole(number), self._inside(number)), own, self.box, False)
        return wanted

    def share(self, number: int) -> Tensor:
        """How much of each pixel of the frame is made up: 1 in the grown matte, falling to 0 around it.

        Raises `BadRequest` for a matte of another format.
        """
        plate, frame = self.window.frame("plate", number), self.window.frame("matte", number)
        same_windows(plate, frame, "matte")
        return _share(matte_of(frame, plate.spec.data_window), self.window.parameters)

    def filled(self, number: int, picture: Tensor) -> Tensor:
        """A filled picture, cut to the frame's own data window."""
        own: Tensor = crop(picture, self._inside(number))
        return own

    def _own(self, number: int) -> Box:
        return self.window.frame("plate", number).spec.data_window

    def _inside(self, number: int) -> Box:
        own = self._own(number)
        return Box(own.x - self.box.x, own.y - self.box.y, own.width, own.height)


def looked_at(window: Window) -> tuple[int, ...]:
    """The frames that are delivered, all between them, and some further ones on both sides."""
    context, first, last = window.context, window.numbers[0], window.numbers[-1]
    start, end = context.index(first), context.index(last)
    before = [context[start - far] for far in _LOOKED_AT if start - far >= 0]
    after = [context[end + far] for far in _LOOKED_AT if end + far < len(context)]
    return (*reversed(before), *context[start : end + 1], *after)


def check_leaves_some(share: Tensor, number: int) -> None:
    """Raises `BadRequest` where nothing of a frame is left to fill it from."""
    if share.size and (share > 0).all():
        raise BadRequest(
            f"The matte of frame {number} covers the whole picture, and nothing is left to fill it from; "
            "make the matte, grow or feather smaller."
        )


def _share(matte: Tensor, parameters: Mapping[str, Value]) -> Tensor:
    covered = matte > float(cast(float, parameters["threshold"]))
    softness = float(cast(float, parameters["feather"]))
    reach = int(np.ceil(softness))
    return feather(grow(covered.astype(np.float32), int(cast(int, parameters["grow"])) + reach), softness)
