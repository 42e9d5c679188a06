"""A layer of a picture taken apart in depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from replate_server.operations.contract import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What lies at one depth, whole: also where something nearer hides it."""

    name: str
    """ "layer1" is the farthest; an object's own name where a matte gave it."""
    colour: Tensor
    """[height, width, 3] float32, unpremultiplied linear working space (may exceed 1), extended under the alpha."""
    alpha: Tensor
    """[height, width] float32 in [0, 1]; of the backmost 1 everywhere, but for the plate's own alpha."""
    depth: Tensor
    """[height, width] float32 distance Z along the view axis, finite and above 0 everywhere, extended likewise."""


Layers = Sequence[Layer]
"""Back to front."""
