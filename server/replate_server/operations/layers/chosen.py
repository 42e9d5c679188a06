"""What was chosen: the layers of a shot, and what they were chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from replate_server.operations.layers.regions import NOBODY, Labels, Regions

Array = NDArray[Any]

MOST = 16
"""Layers in all."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture that layers are chosen by."""

    regions: Regions
    """Of what belongs to no object."""
    nearness: Array
    """[rows, columns], 1/Z."""
    objects: Labels
    """[rows, columns]: which object covers a pixel, by its place in the names; `NOBODY` where none does."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The layers of a shot."""

    cuts: tuple[float, ...]
    """Nearness at which the layers found by depth part, rising: one less than there are such layers."""
    sliced: frozenset[float]
    """Cuts that go through regions, because more layers were asked for than there are regions."""
    order: tuple[int, ...]
    """The layers back to front: a layer found by depth by its number from 0, an object by `NOBODY` - 1 - its place
    in the names."""

    def rank(self, label: int) -> int:
        """Where a layer found by depth (its number) or an object (`object_label`) lies, from 0 at the back."""
        return self.order.index(label)

    def names(self, objects: Sequence[str]) -> tuple[str, ...]:
        """Back to front: "layer1" is the farthest of those found by depth; an object has its own name."""
        return tuple(f"layer{one + 1}" if one >= 0 else objects[NOBODY - 1 - one] for one in self.order)


def object_label(place: int) -> int:
    """How `Choice.order` calls an object, by its place in the names."""
    return NOBODY - 1 - place
