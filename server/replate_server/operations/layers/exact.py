"""Layers that make the plate again: what colour estimates leave over is shared out, and what rounding does too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.finite import LARGEST_HALF
from replate_server.operations.contract import Tensor
from replate_server.operations.layers.coverage import weights
from replate_server.operations.layers.layer import Layers

Array = NDArray[Any]

_NONE = np.float32(1e-6)
_SLACK = np.float32(0.05)
"""How far beyond what is nearby a colour may go, in parts of the contrast there."""
_AROUND = 9
"""Side of the square in which colours are looked for that a pixel may have, in pixels."""


def corrected(colours: Sequence[Tensor], shown: Sequence[Tensor], picture: Tensor) -> list[Tensor]:
    """Colours [height, width, 3] changed as little as it takes for the layers to make the picture.

    `shown` is by how much each layer shows. What is missing is shared out by least squares, F += w r / sum(w^2), so
    that a soft edge is as unlike its neighbour as can be; then all are drawn towards the picture's own colour until
    none is brighter or darker than what the picture or the estimates show nearby. Both leave the sum the picture's.
    """
    total = np.sum(shown, axis=0)
    missing = picture * total[..., None]
    power = np.full(total.shape, _NONE, np.float32)
    for colour, weight in zip(colours, shown, strict=True):
        missing = missing - colour * weight[..., None]
        power += weight * weight
    changed = [colour + missing * (weight / power)[..., None] for colour, weight in zip(colours, shown, strict=True)]
    square = np.ones((_AROUND, _AROUND), np.uint8)
    low, high = cv2.erode(picture, square), cv2.dilate(picture, square)
    slack = _SLACK * (high - low)
    low, high = np.maximum(low - slack, np.minimum(low, 0)), high + slack
    keep = np.ones(picture.shape, np.float32)
    for before, after, weight in zip(colours, changed, shown, strict=True):
        room = np.where(after > picture, np.maximum(high, before) - picture, picture - np.minimum(low, before))
        share = np.where(weight[..., None] > _NONE, room.clip(0) / np.maximum(np.abs(after - picture), _NONE), 1)
        keep = np.minimum(keep, share)
    mixed = np.count_nonzero([weight > _NONE for weight in shown], axis=0) > 1
    made = []
    for before, after, weight in zip(colours, changed, shown, strict=True):
        seen = (weight > _NONE)[..., None]
        drawn = picture + (after - picture) * keep
        made.append(np.where(seen, np.where(mixed[..., None], drawn, picture), before).astype(np.float32))
    return made


def premultiplied(layers: Layers, plate: Tensor) -> list[NDArray[np.float16]]:
    """The layers as half floats [height, width, 4], premultiplied, that composite to the plate's premultiplied
    `plate` [height, width, 3] to within the rounding of one half float.

    What rounding leaves goes into the layer that shows most; where none does, what the plate emits under no alpha
    goes into the backmost.
    """
    alphas = [layer.alpha for layer in layers]
    shown = weights(alphas)
    most = np.argmax(shown, axis=0)
    colours = [
        (layer.colour * layer.alpha[..., None]).clip(-LARGEST_HALF, LARGEST_HALF).astype(np.float16) for layer in layers
    ]
    for _ in range(2):
        left = plate - over(colours, alphas)
        clear = np.ones_like(alphas[0])
        for index in range(len(layers) - 1, -1, -1):
            here = (most == index)[..., None] & (left != 0)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                whole = colours[index].astype(np.float32) + left / clear[..., None]
            rounded = whole.clip(-LARGEST_HALF, LARGEST_HALF).astype(np.float16)
            colours[index] = np.where(here & (clear[..., None] > 0), rounded, colours[index])
            clear = clear * (1 - alphas[index])
    return [np.dstack([colour, alpha.astype(np.float16)]) for colour, alpha in zip(colours, alphas, strict=True)]


def over(colours: Sequence[Array], alphas: Sequence[Tensor]) -> Tensor:
    """Premultiplied colours [height, width, 3] composited, back to front."""
    picture = np.zeros(colours[0].shape, np.float32)
    for colour, alpha in zip(colours, alphas, strict=True):
        picture = colour.astype(np.float32) + picture * (1 - alpha[..., None])
    return picture
