"""Motion vectors, forward and backward, and what is hidden on the way.

`forward` of a pixel at frame t is where it is at t + 1 less where it is at t; `backward` is where it was at t - 1
less where it is at t: as Nuke means them, each maps the neighbour onto this frame when fetched along it,
this(x) = neighbour(x + vector). Pixels a frame: u to the right, v DOWN, since the origin is top-left. A host whose
y runs up (Nuke) negates v.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from replate.frame import Box, Frame, PixelType
from replate.values import OutputPlate, Parameter, Role, Value
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.motion import occlusion
from replate_server.operations.contract import Delivery, Model, Steps, Tensor, Window
from replate_server.operations.pictures import checked, data_beside, developed, same_windows
from replate_server.operations.spans import Span, part

MOTION = ("forward.u", "forward.v", "backward.u", "backward.v")
OCCLUSION = ("occluded_forward.A", "occluded_backward.A")
"""Layers of their own: Nuke adds no channels to its forward and backward."""


class Tracker(Model, Protocol):
    """A model that measures motion."""

    def run(self, first: Tensor, second: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """Motion from the first picture to the second, [height, width, 2] in pixels: u to the right, v down.

        first(x) shows what second(x + motion(x)) shows.
        """


class Flow:
    name = "flow"
    label = "Flow"
    tooltip = "Measures where each pixel goes from frame to frame: motion vectors both ways, and occlusion."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "The footage to measure."),)
    outputs: tuple[OutputPlate, ...] = (
        OutputPlate("motion", "Motion", "Motion vectors in pixels a frame, v down.", MOTION, True),
        OutputPlate("occlusion", "Occlusion", "1 where a pixel is hidden in the neighbour.", OCCLUSION, True),
    )
    parameters: tuple[Parameter, ...] = ()
    default_model = "flow/dis"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Tracker, window: Window, steps: Steps) -> Iterator[Delivery]:
        """Motion (32-bit float) and occlusion of each frame; 0 where the shot has no neighbour."""
        before: _Pair | None = None
        shot = _Shot(window, steps)
        for index, number in enumerate(window.numbers):
            span = part(steps, index, len(window.numbers), f"Measuring motion at frame {number}")
            span.progress(0.0)
            previous = max((one for one in window.context if one < number), default=None)
            following = min((one for one in window.context if one > number), default=None)
            if previous is not None and before is None:
                before = _measure(model, shot, previous, number, Span(span, 0.0, 0.4))
            after = None
            if following is not None:
                after = _measure(model, shot, number, following, Span(span, 0.5, 0.9))
            plate = window.frame("plate", number)
            yield Delivery("motion", _motion(plate, before, after))
            yield Delivery("occlusion", _occlusion(plate, before, after))
            before = after


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """The motion between two frames, over a box that holds both data windows."""

    box: Box
    frames: int
    """How far apart the two are."""
    there: Tensor
    back: Tensor


class _Shot:
    """The window's frames as a model sees them, each developed once; the last two are kept."""

    def __init__(self, window: Window, steps: Steps) -> None:
        self.window, self._steps = window, steps
        self._pictures: dict[int, Tensor] = {}

    def picture(self, number: int, box: Box) -> Tensor:
        """A frame's picture over a box."""
        if number not in self._pictures:
            while len(self._pictures) > 1:
                del self._pictures[min(self._pictures)]
            self._pictures[number] = developed(self.window, "plate", number, self._steps).display
        window = self.window.frame("plate", number).spec.data_window
        framed: Tensor = reframe(self._pictures[number], window, box, "edge")
        return framed


def _measure(model: Tracker, shot: _Shot, first: int, second: int, steps: Steps) -> _Pair:
    one, two = (shot.window.frame("plate", number) for number in (first, second))
    same_windows(one, two, f"frame {second}")
    box = one.spec.data_window.union(two.spec.data_window)
    a, b = shot.picture(first, box), shot.picture(second, box)
    shape, parameters = (box.height, box.width, 2), shot.window.parameters
    there = checked(model.run(a, b, parameters, Span(steps, 0.1, 0.5)), shape, model.card.name)
    back = checked(model.run(b, a, parameters, Span(steps, 0.5, 1.0)), shape, model.card.name)
    return _Pair(box, second - first, there, back)


def _motion(plate: Frame, before: _Pair | None, after: _Pair | None) -> Frame:
    box = plate.spec.data_window
    planes = np.zeros((box.height, box.width, 4), np.float32)
    if after is not None:
        planes[..., :2] = reframe(after.there, after.box, box) / np.float32(after.frames)
    if before is not None:
        planes[..., 2:] = reframe(before.back, before.box, box) / np.float32(before.frames)
    return data_beside(plate, MOTION, planes, PixelType.FLOAT)


def _occlusion(plate: Frame, before: _Pair | None, after: _Pair | None) -> Frame:
    box = plate.spec.data_window
    planes = np.zeros((box.height, box.width, 2), np.float32)
    if after is not None:
        planes[..., 0] = reframe(occlusion(after.there, after.back), after.box, box)
    if before is not None:
        planes[..., 1] = reframe(occlusion(before.back, before.there), before.box, box)
    return data_beside(plate, OCCLUSION, planes)
