"""Frames that are enlarged together, and the models that do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from replate.values import Value
from replate_server.operations.contract import Model, Steps, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What a model sees of a window's frames: all of them, or the same tile of all."""

    pictures: Tensor
    """[frames, height, width, 3], display-referred in [0,1], in the order of the shot."""
    numbers: tuple[int, ...]
    """Of the frames."""
    wanted: range
    """Indices of those to be enlarged; the others are there to be looked at."""
    corner: tuple[int, int]
    """Column and row in the plate, counted from its format's top left, at which the whole picture begins. What a model
    draws by chance belongs to a place."""
    seed: int
    """The job's."""


class Enlarger(Model, Protocol):
    """A model that makes pictures larger."""

    def enlarge(self, clip: Clip, scale: int, parameters: Mapping[str, Value], steps: Steps) -> Iterator[Tensor]:
        """The wanted pictures in their order, each [scale * height, scale * width, 3], float32, display-referred. The
        same clip gives the same pixels."""
