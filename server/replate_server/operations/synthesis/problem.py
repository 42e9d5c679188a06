"""What is asked of a synthesis, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest

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
    """Turns of search and vote at each size, at most: once nothing changes that is seen, it is done."""
    sweeps: int = 6
    """Of the search, in a round, at most: one that gains little is the last."""
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


def check(style: Picture, guides: Sequence[Guide], settings: Settings) -> None:
    """Raises `BadRequest` where guides, style and patches do not fit together."""
    if not guides:
        raise BadRequest("There is no guide; give at least one, a picture for the style and one for the target.")
    if settings.patch_size < 3 or settings.patch_size % 2 == 0:
        raise BadRequest(f"A patch of {settings.patch_size} pixels is not possible; give an odd number from 3 on.")
    target = guides[0].target.shape[:2]
    for place, guide in enumerate(guides, 1):
        if guide.source.shape[:2] != style.shape[:2]:
            raise BadRequest(
                f"The source of guide {place} is {_size(guide.source)} and the style {_size(style)}; "
                "reformat one to the other."
            )
        if guide.target.shape[:2] != target:
            raise BadRequest(
                f"The target of guide {place} is {_size(guide.target)} and that of guide 1 "
                f"{_size(guides[0].target)}; reformat one to the other."
            )
        if guide.source.shape[2] != guide.target.shape[2]:
            raise BadRequest(
                f"Guide {place} has {guide.source.shape[2]} channels for the style and {guide.target.shape[2]} for "
                "the target; give both the same."
            )
        if np.ndim(guide.weight) and np.shape(guide.weight) != target:
            raise BadRequest(f"The weight of guide {place} has not the format of its target; reformat it.")
    if min(style.shape[:2]) < settings.patch_size:
        raise BadRequest(
            f"The style is {_size(style)}, smaller than a patch of {settings.patch_size} pixels; give a larger style "
            "or a smaller patch."
        )


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
