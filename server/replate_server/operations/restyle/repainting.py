"""Frames repainted together by a model that is told in words: a picture at a time, or a clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from replate.values import Value
from replate_server.darkroom.highlights import with_highlights, without_highlights
from replate_server.darkroom.logc import logged, unlogged
from replate_server.operations.contract import Model, Steps, Tensor
from replate_server.operations.diffusion.loras import Lora


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """What a model sees of the frames that it repaints at once, all of one size: what it is good at.

    Sequences are as long as `numbers`; mattes and depths are made when they are asked for.
    """

    numbers: tuple[int, ...]
    place: int
    """Of the first in its scene, counted from 0: what is noise there is the same in every take that has the frame."""
    pictures: Sequence[Tensor]
    """The plate, [height, width, 3] in [0,1], display-referred without highlights; of a `Relighter`, light."""
    mattes: Sequence[Tensor] | None = None
    """[height, width] in [0,1]: 1 where it is to be repainted. None: everywhere."""
    depths: Sequence[Tensor] | None = None
    """[height, width] in [0,1]: the nearest thing of the shot is 1, what is farthest 0. None: there is no depth."""
    style: Tensor | None = None
    """A picture to take the manner of, [rows, columns, 3] in [0,1], of any size."""
    known: Mapping[int, Tensor] = field(default_factory=dict)
    """Finished frames by their index in `numbers`, [height, width, 3]: an artist's keyframes, and those that the take
    before ended with. What is made agrees with them."""
    loras: tuple[Lora, ...] = ()
    """Files that the model's networks wear."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.pictures[0].shape[:2]
        return height, width


@runtime_checkable
class Repainter(Model, Protocol):
    """A model that repaints a take. Keyframes are carried on its `device`."""

    device: str
    frames: int
    """How many it repaints at once at the most; 1 for a model of pictures."""
    overlap: int
    """How many frames a take shares with the one before, at least."""
    stride: int
    """A take has a multiple of this many frames, and one more; frames beyond the shot repeat its last. A scene's takes
    begin at multiples of it."""

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        """How many pixels the pictures have that it is good at; sides are multiples of what its card says."""

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        """The frames repainted, each as large as the take's pictures, float32 in [0,1]. The seed is the job's: the same
        take and seed give the same pixels."""


@runtime_checkable
class Relighter(Repainter, Protocol):
    """One that paints light, and not a picture of it. What it sees and makes, keyframes included, is linear Rec.709 in
    the darkroom's LogC3, as `logged` has it: far above white there is room, too. The plate's highlights are not put
    over it."""

    light: float
    """The brightest that it paints, linear."""


def seen_by(model: Model, display: Tensor) -> Tensor:
    """A developed picture as a model sees it, in [0,1]: a painter has no measure for highlights."""
    return logged(display) if isinstance(model, Relighter) else without_highlights(display, display)


def shown_of(model: Model, painted: Tensor, display: Tensor) -> Tensor:
    """The inverse of `seen_by`: what was painted of a developed picture, with the light that it has or that is the
    plate's. Pixels that were left alone are the plate's, bit for bit."""
    if not isinstance(model, Relighter):
        return with_highlights(painted, display)
    alone = (painted == logged(display)).all(axis=-1, keepdims=True)
    return np.where(alone, display, unlogged(painted))
