"""Pictures looked up between their pixels."""

from __future__ import annotations

import torch


def filtered(texture: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[points, channels]: a texture [height, width, channels] at points, a pixel's middle at .5.

    Catmull-Rom (Keys' cubic convolution, a = -1/2), which is exact on pixels' middles and keeps detail, held
    between the least and the most of the four pixels around: next to a highlight a cubic rings into negative
    light. Beyond the edges the outermost pixels go on.
    """
    height, width, channels = texture.shape
    flat = texture.reshape(-1, channels)
    left, top = torch.floor(x - 0.5), torch.floor(y - 0.5)
    across, down = _cubic(x - 0.5 - left), _cubic(y - 0.5 - top)
    columns = [(left.long() + step).clamp(0, width - 1) for step in (-1, 0, 1, 2)]
    rows = [(top.long() + step).clamp(0, height - 1) * width for step in (-1, 0, 1, 2)]
    total = torch.zeros((len(x), channels), device=texture.device)
    least = most = None
    for row in range(4):
        for column in range(4):
            taken = flat[rows[row] + columns[column]]
            total.addcmul_(taken, (down[row] * across[column])[:, None])
            if row in (1, 2) and column in (1, 2):
                least = taken if least is None else torch.minimum(least, taken)
                most = taken if most is None else torch.maximum(most, taken)
    return torch.clamp(total, least, most)


def _cubic(t: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The weights of the pixels at -1, 0, 1 and 2 for a point at `t` in [0, 1)."""
    return (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
