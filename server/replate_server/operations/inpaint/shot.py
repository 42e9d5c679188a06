"""Holes filled through a whole shot: first from what other frames really show, then by a model, without flicker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from replate.values import Value
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.filling import Inpainter, fill
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.spans import part

__all__ = ["Shot", "fill", "filled"]


class Shot(Protocol):
    """Pictures of one size, fetched when asked for, and what is missing in them."""

    @property
    def numbers(self) -> Sequence[int]:
        """The frames to fill, rising."""

    @property
    def context(self) -> Sequence[int]:
        """The frames that may be looked at, rising: those to fill among them."""

    def picture(self, number: int) -> Tensor:
        """[height, width, 3] display-referred in [0,1]."""

    def hole(self, number: int) -> Hole:
        """[height, width]: what must not be looked at."""

    def wanted(self, number: int) -> Hole:
        """[height, width]: what of the hole is to be filled; the whole of it, as a rule."""


def filled(
    shot: Shot, inpainter: Inpainter, tracker: Tracker, parameters: Mapping[str, Value], seed: int, steps: Steps
) -> Iterator[tuple[int, Tensor]]:
    """The shot's frames by number, rising: each picture filled where it is wanted, and elsewhere as it was.

    `parameters` are the inpainter's. A shot of one frame is filled as `fill` does.
    """
    for index, number in enumerate(shot.numbers):
        span = part(steps, index, len(shot.numbers), f"Filling frame {number}")
        picture, hole = shot.picture(number), shot.hole(number)
        yield number, fill(inpainter, picture, hole, parameters, seed, span, shot.wanted(number))
