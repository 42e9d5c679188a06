"""The layers' colours: the plate's where they are seen, made up where they are hidden, going on beyond their edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from replate_server.darkroom.matte import grow
from replate_server.operations.contract import Tensor
from replate_server.operations.layers.exact import corrected
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.layer import Layer
from replate_server.operations.layers.parts import Parts

_SOLID = np.float32(0.98)


def coloured(picture: Tensor, fills: Sequence[Tensor], parts: Parts, names: Sequence[str]) -> list[Layer]:
    """The layers of a picture [height, width, 3], linear and unpremultiplied.

    `fills` are the picture as it is with all gone that lies before each layer, back to front. Where two layers
    share a pixel, each keeps to its own colour beside the edge, as far as both still make the picture's together.
    """
    shown = parts.shown()
    own = []
    for fill, alpha, share in zip(fills, parts.alphas, shown, strict=True):
        # Where it is all that is seen, it is the plate; where others have a share, it is what they leave.
        source = np.where((share >= _SOLID * alpha)[..., None], picture, fill)
        own.append(_beyond(source, alpha))
    made = corrected(own, shown, picture)
    return [
        Layer(name, colour, alpha, (1 / near).astype(np.float32))
        for name, colour, alpha, near in zip(names, made, parts.alphas, parts.nearness, strict=True)
    ]


def _beyond(source: Tensor, alpha: Tensor) -> Tensor:
    """Colours that go on from where a layer is solid, a pixel in, to where it is not."""
    solid = alpha >= _SOLID
    if solid.all():
        return source
    core = grow(solid.astype(np.float32), -1) > 0
    known = core if core.any() else solid if solid.any() else alpha > 0
    if not known.any():
        return source
    extended = extend(source, known)
    return np.where(solid[..., None], source, extended).astype(np.float32)
