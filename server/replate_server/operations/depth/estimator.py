"""What a depth model is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from replate.values import Value
from replate_server.operations.contract import Model, Steps, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The depth of a picture."""

    depth: Tensor
    """[rows, columns] float32 over the whole picture, at the model's own resolution: the same for all pictures of
    one size."""
    focal: float = 0.0
    """Focal length in pixels of the given picture; 0 where the model does not find one."""


class Estimator(Model, Protocol):
    """A model that estimates depth. Its card's window is the whole shot, `Windows(length=None)`."""

    metric: bool
    """Whether `depth` is metres: Z, planar, over 0 (infinity included). Otherwise it is relative inverse depth:
    larger is nearer, scale and shift are unknown, and all values are finite."""
    frames: int
    """Pictures it takes at once: 1 for a picture at a time, more for a video model."""
    overlap: int
    """Pictures that neighbouring clips of a video model share; 0 where `frames` is 1."""

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        """An estimate for each of exactly `frames` pictures, in their order.

        Pictures are [height, width, 3] float32, display-referred in [0,1], at the plate's size and all of one; the
        model resizes them for itself. They are made when they are taken out of the sequence: take each once, and
        keep it small. What it says of a clip has one scale and shift. A shot shorter than a clip is filled up with
        its last picture.
        """
