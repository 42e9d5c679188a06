"""A window seen smaller, to try things quickly, and what is painted of it brought back to size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from replate.frame import Box, Frame
from replate.values import Value
from replate_server.darkroom.detail import with_detail_of
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor, Window
from replate_server.operations.flow.operation import MOTION

SIZES: Mapping[str, int] = {"full": 1, "half": 2, "quarter": 4}
"""By what a picture's sides are divided."""

_NATURES: Mapping[str, Nature] = {
    "plate": Nature.COLOUR,
    "matte": Nature.MATTE,
    "motion": Nature.MOTION,
    "depth": Nature.DATA,
}
"""Of the inputs that lie on the plate. The others are fitted to it whatever size they are."""


@dataclass(frozen=True, slots=True)
class Smaller:
    """A `Window` whose pictures have their sides divided; boxes are rounded outwards to whole pixels."""

    window: Window
    divisor: int

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.window.numbers

    @property
    def context(self) -> tuple[int, ...]:
        return self.window.context

    @property
    def parameters(self) -> Mapping[str, Value]:
        return self.window.parameters

    @property
    def seed(self) -> int:
        return self.window.seed

    @property
    def colour_config(self) -> str:
        return self.window.colour_config

    def has(self, role: str) -> bool:
        return self.window.has(role)

    def given(self, role: str) -> tuple[int, ...]:
        return self.window.given(role)

    def frame(self, role: str, number: int) -> Frame:
        frame = self.window.frame(role, number)
        return _divided(frame, self.divisor, _NATURES[role]) if role in _NATURES else frame

    def digest(self, role: str, number: int) -> str:
        return f"{self.window.digest(role, number)}/{self.divisor}"

    def lora(self, name: str) -> Path:
        return self.window.lora(name)


def enlarged(painted: Tensor, box: Box, plate: Tensor, own: Box, detail: float) -> Tensor:
    """A picture [rows, columns, 3] of any size that fills a box, as a plate [height, width, 3] lies in its own box.

    It has the plate's fine detail where it follows the plate, as much as `detail` in [0,1] says. All is
    display-referred.
    """
    large: Tensor = painted
    if painted.shape[:2] != (box.height, box.width):
        large = with_detail_of(reframe(plate, own, box, "edge"), painted, detail)
    framed: Tensor = reframe(large, box, own, "edge")
    return framed


def whole(box: Box, divisor: int) -> Box:
    """What a box of a smaller window is in the window itself; a little more, where it was rounded."""
    return Box(box.x * divisor, box.y * divisor, box.width * divisor, box.height * divisor)


def _divided(frame: Frame, divisor: int, nature: Nature) -> Frame:
    names = frame.spec.channels
    if nature is Nature.MOTION and set(MOTION) <= set(names):
        frame = Frame(replace(frame.spec, channels=MOTION), np.stack([frame.channel(name) for name in MOTION], axis=-1))
    box = _outwards(frame.spec.data_window, divisor)
    pixels = reframe(frame.pixels, frame.spec.data_window, whole(box, divisor), "edge")
    small = resize(pixels, box.width, box.height, nature).astype(frame.pixels.dtype)
    spec = replace(frame.spec, data_window=box, display_window=_outwards(frame.spec.display_window, divisor))
    return Frame(spec, np.ascontiguousarray(small))


def _outwards(box: Box, divisor: int) -> Box:
    x, y = box.x // divisor, box.y // divisor
    return Box(x, y, -(-box.right // divisor) - x, -(-box.bottom // divisor) - y)
