"""The layers' colours: the plate's where they are seen, made up where they are hidden, going on beyond their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replate_server.darkroom.matte import grow
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.layers.exact import corrected
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.layer import Layer
from replate_server.operations.layers.parts import Parts

_SOLID = np.float32(0.98)


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A picture with all gone that lies before a layer."""

    picture: Tensor
    """[height, width, 3]"""
    made: Hole
    """[height, width]: where that was done; elsewhere it is as it was."""


def coloured(picture: Tensor, fills: Sequence[Filled], parts: Parts, names: Sequence[str]) -> list[Layer]:
    """The layers of a picture [height, width, 3], linear and unpremultiplied.

    `fills` are the picture as it is with all gone that lies before each layer, back to front. What is hidden and
    was not filled goes on from what is around it. Where two layers
    share a pixel, each keeps to its own colour beside the edge, as far as both still make the picture's together.
    """
    shown = parts.shown()
    own = []
    for fill, alpha, share in zip(fills, parts.alphas, shown, strict=True):
        # Where it is all that is seen, it is the plate; where others have a share, it is what they leave.
        seen = share >= _SOLID * alpha
        own.append(_beyond(np.where(seen[..., None], picture, fill.picture), (alpha >= _SOLID) & (seen | fill.made)))
    made = corrected(own, shown, picture)
    return [
        Layer(name, colour, alpha, (1 / near).astype(np.float32))
        for name, colour, alpha, near in zip(names, made, parts.alphas, parts.nearness, strict=True)
    ]


def _beyond(source: Tensor, solid: Hole) -> Tensor:
    """Colours that go on from where they are a layer's alone, a pixel in, to where they are not."""
    if solid.all() or not solid.any():
        return source
    core = grow(solid.astype(np.float32), -1) > 0
    extended = extend(source, core if core.any() else solid)
    return np.where(solid[..., None], source, extended).astype(np.float32)
