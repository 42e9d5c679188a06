"""What a network paints a clip on that has a token for a few frames of a large square: noise over the plate, and what
of the plate, and of finished frames, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.diffusion.previews import Look, ahead
from replate_server.operations.restyle.repainting import Take

if TYPE_CHECKING:
    import torch

    from replate_server.operations.diffusion.pipeline import Shown

EVERY = 8
"""Frames to a latent, but for the first of a take, which has one of its own."""
SQUARE = 32
"""Pixels along a side of what one token is of."""

_FINER = 4
"""Pixels along a side by which a token is looked at."""
_DECODED_AT, _DECODED_WITH = 0.05, 0.025
"""The step at which an autoencoder that takes one decodes, and the share of noise that it gets, as published."""


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """Latents, a token each, float32, on the processor."""

    begun: torch.Tensor
    """[1, channels, frames, rows, columns]: noise, as much of the plate as was asked for, and what is held as it is."""
    held: torch.Tensor
    """[1, 1, frames, rows, columns]: 1 where a token stays as it begins: what the matte leaves out, and finished
    frames that fill a latent. Else 0."""
    keys: Sequence[tuple[int, torch.Tensor]]
    """Other finished frames, by their index in the take, each [1, channels, 1, rows, columns]."""
    number: int
    """The frame that is looked at."""
    middle: int
    """Its latent."""
    look: Look

    @classmethod
    def of(
        cls,
        vae: Any,
        take: Take,
        seed: int,
        share: float,
        coded: Callable[[Tensor], Tensor] = np.asarray,
        displayed: Callable[[Tensor], Tensor] = np.asarray,
    ) -> Reel:
        """`share` is that of the noise. `coded` makes of a take's picture what the autoencoder is to see of it, in
        [0,1], and `displayed` what an artist is shown."""
        import torch

        height, width = take.size
        count = (len(take.numbers) - 1) // EVERY + 1
        shape = vae.config.latent_channels, height // SQUARE, width // SQUARE
        begun = placed_noise(seed, (str(take.place // EVERY + index) for index in range(count)), shape)
        held = torch.zeros(1, 1, count, *shape[1:])
        left: list[int] = []
        for index in range(count):
            frames = range(max((index - 1) * EVERY + 1, 0), index * EVERY + 1)
            known = [one for one in frames if one in take.known]
            if len(known) == len(frames):
                held[:, :, index] = 1
                continue
            left += known
            if take.mattes is not None:
                painted = np.max([_squares(take.mattes[one]) for one in frames], axis=0)
                held[0, 0, index] = torch.from_numpy((painted <= 0).astype(np.float32))
        if share < 1 or held.any():
            plate = encoded(vae, [coded(take.known.get(index, one)) for index, one in enumerate(take.pictures)])
            begun = torch.where(held > 0, plate, (1 - share) * plate + share * begun)
        first, middle = take.known.get(0, take.pictures[0]), count // 2
        return cls(
            begun,
            held,
            [(one, encoded(vae, [coded(take.known[one])])) for one in left],
            take.numbers[middle * EVERY],
            middle,
            Look.fitted(encoded(vae, [coded(first)])[0, :, 0], displayed(first), _FINER),
        )

    @property
    def others(self) -> int:
        """Tokens of `keys`."""
        return sum(key[0, 0].numel() for _, key in self.keys)

    def shown(self, scheduler: Any, steps: Steps, start: int) -> Shown:
        """After a step a frame is looked at; before the clip's own tokens come `start` others."""
        count, before = self.begun[0, 0].numel(), self.begun[0, :, self.middle]

        def after(latents: torch.Tensor, fraction: float) -> None:
            nonlocal before
            now = latents[0, start : start + count].float().cpu().T.reshape(self.begun.shape[1:])[:, self.middle]
            steps.preview(self.number, self.look.of(ahead(scheduler, before, now)))
            before = now

        return after


def tokens(latents: torch.Tensor) -> torch.Tensor:
    """[1, channels, frames, rows, columns] as a network takes it: [1, tokens, channels]."""
    return latents.flatten(2).mT


def encoded(vae: Any, pictures: Sequence[Tensor]) -> torch.Tensor:
    """Latents of consecutive pictures [height, width, 3] in [0,1], as the network's training had them, on the
    processor, [1, channels, frames, rows, columns]."""
    given = (stacked(pictures).permute(1, 0, 2, 3)[None] * 2 - 1).to(working_device(vae), vae.dtype)
    mean, deviation = _spread(vae)
    latents: torch.Tensor = (vae.encode(given).latent_dist.mode().float().cpu() - mean) / deviation
    return latents


def restored(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """`encoded` latents as the autoencoder itself has them, on the processor."""
    mean, deviation = _spread(vae)
    return latents.float().cpu() * deviation + mean


def decoded(vae: Any, latents: torch.Tensor, seed: int, place: int) -> list[Tensor]:
    """The pictures [height, width, 3] in [0,1] of latents, as the autoencoder itself has them; `place` is that of the
    first in the scene."""
    import torch

    given = latents.float().cpu()
    device, time = working_device(vae), None
    if vae.config.timestep_conditioning:
        places = (f"decoded {place // EVERY + index}" for index in range(given.shape[2]))
        noise = placed_noise(seed, places, (given.shape[1], *given.shape[3:]))
        given = (1 - _DECODED_WITH) * given + _DECODED_WITH * noise
        time = torch.tensor([_DECODED_AT], device=device, dtype=vae.dtype)
    made = vae.decode(given.to(device, vae.dtype), time, return_dict=False)[0][0].float().cpu()
    return [np.ascontiguousarray(one) for one in (made / 2 + 0.5).clamp_(0, 1).permute(1, 2, 3, 0).numpy()]


def _spread(vae: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of its latents, [1, channels, 1, 1, 1]."""
    mean, deviation = (
        getattr(vae, name).float().cpu().view(1, -1, 1, 1, 1) for name in ("latents_mean", "latents_std")
    )
    return mean, deviation / vae.config.scaling_factor


def _squares(matte: Tensor) -> Tensor:
    """The most of a matte [height, width] in each square, [rows, columns]."""
    height, width = matte.shape
    most: Tensor = matte.reshape(height // SQUARE, SQUARE, width // SQUARE, SQUARE).max(axis=(1, 3))
    return most
