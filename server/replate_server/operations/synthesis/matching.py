"""What a device must be able to do for a synthesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from replate_server.operations.synthesis.levels import Level
from replate_server.operations.synthesis.problem import Array, Field, Picture

Tick = Callable[[], None]
"""Called often while there is work; what it raises ends it."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """How sources are looked for once over a picture."""

    dear: float
    """What a mean use of a source patch costs, in the terms of the differences."""
    farthest: int
    """Pixels around the best source so far within which others are tried."""
    seed: int
    forward: bool
    """In scan order, or against it."""
    guides_alone: bool = False
    """Whether the picture made so far counts for nothing."""


class Matcher(Protocol):
    """The search at one size. Fields are as `Synthesis.field`, and never have a source patch leave the source."""

    def show(self, picture: Picture) -> None:
        """Takes a picture [target height, target width, style channels] as what has been made so far."""

    def vote(self, field: Field, tick: Tick) -> Picture:
        """What the patches around each pixel say of it, a mean."""

    def judge(self, field: Field, tick: Tick, *, guides_alone: bool = False) -> Picture:
        """Difference of each target patch from its source patch, [target height, target width], a mean a pixel."""

    def improve(self, field: Field, unlike: Picture, active: Array, sweep: Sweep, tick: Tick) -> None:
        """Looks for better sources where `active` [target height, target width] bool says so; `field` and `unlike`,
        which is as `judge` gives it, are changed in place."""


Matching = Callable[[Level, int], Matcher]
"""Makes one for a level and patches that reach so many pixels from their middle."""
