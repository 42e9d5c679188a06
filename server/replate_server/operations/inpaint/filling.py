"""A model's work on one picture, a hole's neighbourhood at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from replate.values import Value
from replate_server.darkroom.geometry import crop, pad
from replate_server.operations.contract import Model, Steps, Tensor
from replate_server.operations.inpaint.holes import Hole, holes
from replate_server.operations.pictures import checked
from replate_server.operations.spans import Span, part

_CONTEXT = 0.5
_LEAST_CONTEXT = 64


class Inpainter(Model, Protocol):
    """A model that fills holes."""

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        """The picture [height, width, 3] filled where `hole` [height, width] is true; what is in the hole is never
        looked at, and what is given outside it is not used. Only what is `wanted` of it, [height, width], matters; all
        of it where that is None."""


def fill(
    inpainter: Inpainter,
    picture: Tensor,
    hole: Hole,
    parameters: Mapping[str, Value],
    seed: int,
    steps: Steps,
    wanted: Hole | None = None,
) -> Tensor:
    """A display-referred picture [height, width, 3] with its hole [height, width] made up.

    Where only a part of the hole is `wanted`, the rest comes back as it was: pixels that must be neither filled nor
    looked at, such as those of nearer things. Outside the hole the picture is the one given, bit for bit.
    """
    filled, open_ = picture.copy(), hole.copy()
    sizes = inpainter.card.sizes
    each = list(holes(hole if wanted is None else hole & wanted, _CONTEXT, _LEAST_CONTEXT))
    for index, (box, mine) in enumerate(each):
        span = part(steps, index, len(each))
        span.progress(0.0)
        around, inside = pad(crop(filled, box), sizes.multiple, sizes.minimum)
        missing, _ = pad(crop(open_, box), sizes.multiple, sizes.minimum)
        asked = np.zeros(missing.shape, bool)
        crop(asked, inside)[...] = mine
        made = inpainter.run(around, missing, parameters, seed, Span(span, 0.1, 1.0), asked & missing)
        made = crop(checked(made, around.shape, inpainter.card.name), inside)
        crop(filled, box)[mine] = made[mine]
        crop(open_, box)[mine] = False
    return filled
