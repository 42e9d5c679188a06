"""A picture's latents, as networks of pictures paint on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.diffusion.previews import Look, ahead

if TYPE_CHECKING:
    import torch

    from replate_server.operations.diffusion.pipeline import Shown


def encoded(vae: Any, picture: Tensor) -> torch.Tensor:
    """Latents of a picture [height, width, 3] in [0,1] as the network's training had them, by an AutoencoderKL:
    [1, channels, rows, columns], float32, on the processor."""
    import torch

    given = (stacked([picture]) * 2 - 1).to(working_device(vae), vae.dtype)
    latents = vae.encode(given).latent_dist.mode().float().cpu()
    says = vae.config
    if getattr(says, "latents_mean", None):
        mean, deviation = (torch.tensor(each).view(1, -1, 1, 1) for each in (says.latents_mean, says.latents_std))
        latents = (latents - mean) / deviation
    scaled: torch.Tensor = (latents - (says.shift_factor or 0)) * says.scaling_factor
    return scaled


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is painted on: noise over the plate's latents, [1, channels, rows, columns], float32, on the processor."""

    plate: torch.Tensor
    noise: torch.Tensor
    picture: Tensor
    """What the plate's latents are of, [height, width, 3] in [0,1]."""
    matte: Tensor | None
    """[height, width] in [0,1]: what lies under a latent is painted where any of it is above 0. None: everywhere."""

    @classmethod
    def of(cls, vae: Any, picture: Tensor, matte: Tensor | None, place: int | str, seed: int) -> Ground:
        plate = encoded(vae, picture)
        noise = placed_noise(seed, [str(place)], (plate.shape[1], *plate.shape[2:]))[:, :, 0]
        return cls(plate, noise, picture, matte)

    @property
    def painted(self) -> torch.Tensor:
        """1 for latents that are painted, else 0: [1, 1, rows, columns]."""
        import torch

        rows, columns = self.plate.shape[2:]
        if self.matte is None:
            return torch.ones(1, 1, rows, columns)
        height, width = self.matte.shape
        squares = (self.matte > 0).reshape(rows, height // rows, columns, width // columns).any(axis=(1, 3))
        return torch.from_numpy(squares.astype(np.float32))[None, None]

    def shown(
        self,
        scheduler: Any,
        begun: torch.Tensor,
        noisy: Callable[[int], torch.Tensor],
        number: int | None,
        steps: Steps,
    ) -> Shown:
        """After a step: what stays is put back, with as much noise as there is everywhere, and the picture is looked
        at.

        Avrahami et al., "Blended Latent Diffusion", SIGGRAPH 2023, section 4.1. A run began with the latents `begun`;
        `noisy` gives the plate's as they are after so many steps. Where there is no frame's `number` nobody looks.
        """
        look = None if number is None else Look.fitted(self.plate[0], self.picture)
        painted = None if self.matte is None else self.painted
        taken, before = 0, begun

        def after(latents: torch.Tensor, fraction: float) -> torch.Tensor:
            nonlocal taken, before
            taken += 1
            now = latents.float().cpu()
            if look is not None and number is not None:
                steps.preview(number, look.of(ahead(scheduler, before, now)[0]))
            if painted is not None:
                kept = noisy(taken)
                now = kept + painted * (now - kept)
            before = now
            return now.to(latents)

        return after
