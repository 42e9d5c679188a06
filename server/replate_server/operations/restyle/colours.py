"""The plate's own colours under another picture's brightness."""

from __future__ import annotations

import numpy as np

from replate_server.darkroom.development import LUMINANCE
from replate_server.operations.contract import Tensor

_LUMA = np.array(LUMINANCE, np.float32)


def with_colours_of(plate: Tensor, painted: Tensor) -> Tensor:
    """The luma of `painted` with the chroma of `plate`; both [height, width, 3] display-referred in [0,1].

    Luminance-only transfer of Gatys et al., "Preserving Color in Neural Artistic Style Transfer", 2016, section 4,
    with Rec.709 luma. Where luma and chroma together leave [0,1], chroma gives way: the hue stays.
    """
    luma = painted @ _LUMA
    chroma = plate - (plate @ _LUMA)[..., None]
    up, down = chroma.max(axis=-1), -chroma.min(axis=-1)
    room = np.minimum((1 - luma) / np.maximum(up, 1e-6), luma / np.maximum(down, 1e-6))
    share = np.clip(room, 0, 1)
    mixed: Tensor = np.clip(luma[..., None] + chroma * share[..., None], 0, 1)
    return mixed
