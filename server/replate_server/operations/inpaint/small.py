"""Holes filled by a model that is good at pictures of one size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replate.values import Parameter, ParameterType
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane

PROMPT = Parameter(
    "prompt",
    "What is there",
    ParameterType.TEXT,
    "",
    'What the hole is filled with: "an empty street, wet asphalt". Empty: what is around goes on.',
    group="Prompt",
)


def filled_small(
    picture: Tensor, hole: Hole, size: tuple[int, int], fill: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """The picture [height, width, 3] filled, all of the hole, by what is made of it at another `size`.

    That is width and height. `fill` is given the picture at that size, with a smooth nothing in the hole, and a matte
    [rows, columns] that is above 0 wherever the hole is; what it gives outside is not used.
    """
    height, width = picture.shape[:2]
    known = (~hole).astype(np.float32)
    smooth = np.where(hole[..., None], membrane(picture, known), picture)
    made = fill(resize(smooth, *size, Nature.COLOUR).clip(0, 1), resize(hole.astype(np.float32), *size, Nature.MATTE))
    large = resize(made, width, height, Nature.COLOUR)
    # Outside the hole the picture is known: by what the model's differs there, it would where the two meet.
    off = membrane(picture - large, known)
    return np.where(hole[..., None], (large + off).clip(0, 1), picture).astype(np.float32)
