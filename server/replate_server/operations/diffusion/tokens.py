"""Latents as networks take them that see a picture as a row of tokens, one for each square of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.diffusion.latents import Ground
from replate_server.operations.diffusion.noise import placed_noise

if TYPE_CHECKING:
    import torch

    from replate_server.operations.diffusion.pipeline import Shown


def ground(plate: torch.Tensor, picture: Tensor, matte: Tensor | None, place: int | str, seed: int) -> Ground:
    """What is painted on, of a plate's tokens [1, channels, rows, columns], float32, on the processor."""
    noise = placed_noise(seed, [str(place)], (plate.shape[1], *plate.shape[2:]))[:, :, 0]
    return Ground(plate, noise, picture, matte)


def begun(on: Ground, share: float) -> torch.Tensor:
    """The plate's tokens with this share of noise, 0 to 1, as flow matching mixes them."""
    return (1 - share) * on.plate + share * on.noise


def shown(on: Ground, pipe: Any, first: torch.Tensor, number: int | None, steps: Steps) -> Shown:
    """`Ground.shown` for a flow-matching pipeline that keeps its latents in a row; `first` are those it begins with."""
    shape = on.plate.shape
    after = on.shown(pipe.scheduler, first, lambda taken: begun(on, float(pipe.scheduler.sigmas[taken])), number, steps)

    def looked(latents: torch.Tensor, fraction: float) -> torch.Tensor | None:
        changed = after(latents.transpose(1, 2).reshape(shape), fraction)
        return None if changed is None else packed(changed)

    return looked


def packed(tokens: torch.Tensor) -> torch.Tensor:
    """Tokens [1, channels, rows, columns] in a row, [1, rows x columns, channels]."""
    return tokens.flatten(2).transpose(1, 2)
