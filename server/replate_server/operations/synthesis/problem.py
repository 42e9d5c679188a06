"""What is asked of a synthesis, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Field = NDArray[np.int32]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """Two pictures that say which pixels of the style stand for which of the target: those that look alike here."""

    source: Picture
    """[style height, style width, channels] float32, about [0,1]."""
    target: Picture
    """[target height, target width, channels] float32, in the same terms."""
    weight: float | Picture = 1.0
    """Of the squared difference, a mean over the channels, against the style's own, whose weight is 1; or
    [target height, target width], from place to place."""


@dataclass(frozen=True, slots=True)
class Settings:
    """EbSynth's words and defaults, where it has them."""

    uniformity: float = 3500.0
    """How dear it is to use a part of the style more often than others: 0 lets one patch be used everywhere."""
    patch_size: int = 5
    """Side of a patch in pixels, odd and at least 3."""
    levels: int | None = None
    """Sizes, each half the next, from coarse to fine; None: as many as there is room for."""
    rounds: int = 12
    """Turns of search and vote at each size."""
    sweeps: int = 6
    """Of the search, in a round."""
    extra_pass_3x3: bool = False
    """Ends with a pass with patches of 3x3 and no uniformity, for finer detail."""
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Synthesis:
    """A picture made, and what it was made of."""

    picture: Picture
    """[target height, target width, style channels] float32."""
    field: Field
    """[target height, target width, 2] int32: row and column of the middle of each pixel's source patch."""
    error: Picture
    """[target height, target width] float32: how much the guides differ over each pixel's patch and its source's,
    weighted, a mean over the patch's pixels."""
    energy: float
    """Mean over all pixels of `error` and of what the style's patch and the picture's differ by, likewise."""
