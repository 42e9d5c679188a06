"""A layer of several things completed thing by thing: a leaf goes on as a leaf, and not as the pot below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Value
from replate_server.operations.contract import Card, Steps, Tensor
from replate_server.operations.inpaint.filling import Inpainter, fill
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.spans import part

Array = NDArray[Any]

_GOES_ON = 0.02
"""Of what is wanted, how much a piece must be the nearest to: less is a crumb of another."""
_UNLIKE = 0.12
"""The difference of colours, display-referred, that is clearly seen."""


@dataclass(slots=True)
class Piecewise:
    """An `Inpainter` that has another fill a hole, a part of it from each of the pieces that the picture is in.

    Each pixel goes on from the piece that is nearest to it. Pieces that look alike are one: they may be parts of one
    thing that something nearer crosses.
    """

    inpainter: Inpainter
    card: Card = field(init=False)

    def __post_init__(self) -> None:
        self.card = self.inpainter.card

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self.inpainter.load(weights, device)

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        asked = hole if wanted is None else hole & wanted
        each = list(_pieces(picture, hole, asked))
        if len(each) < 2:
            return self.inpainter.run(picture, hole, parameters, seed, steps, wanted)
        filled = picture.copy()
        for index, (known, mine) in enumerate(each):
            made = fill(self.inpainter, picture, ~known, parameters, seed, part(steps, index, len(each)), mine)
            filled[mine] = made[mine]
        return filled


def _pieces(picture: Tensor, hole: Hole, asked: Hole) -> Iterator[tuple[Hole, Hole]]:
    """Pieces of what is known, those alike together, and what is asked for that each is nearest to."""
    count, labels = cv2.connectedComponents((~hole).astype(np.uint8), connectivity=8)
    if count < 3 or not asked.any():
        return
    shares = np.bincount(_nearest(labels)[asked], minlength=count) / asked.sum()
    going_on = np.flatnonzero(shares >= _GOES_ON)
    if len(going_on) < 2:
        return
    size = np.bincount(labels.ravel(), minlength=count).clip(1)
    colours = np.stack([np.bincount(labels.ravel(), picture[..., c].ravel(), count) / size for c in range(3)], axis=1)
    apart = np.abs(colours[:, None] - colours[None, going_on]).max(axis=-1)
    # A crumb belongs to what it looks like, and nothing is left alone that a chain of likes joins.
    into = apart.argmin(axis=1)
    into[going_on] = np.arange(len(going_on))
    for one, other in np.argwhere(apart[going_on] < _UNLIKE):
        into[into == into[going_on[one]]] = into[going_on[other]]
    things = np.where(labels > 0, into[labels] + 1, 0).astype(np.int32)
    nearest = _nearest(things)
    for thing in np.unique(into[going_on]) + 1:
        mine = asked & (nearest == thing)
        if mine.any():
            yield things == thing, mine


def _nearest(labels: Array) -> Array:
    """Of every pixel the label, above 0, that is nearest to it."""
    _, place = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of = np.zeros(int(place.max()) + 1, np.int32)
    of[place[labels > 0]] = labels[labels > 0]
    return np.asarray(of[place], np.int32)
