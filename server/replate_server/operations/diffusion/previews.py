"""What latents look like, at a look: a linear map to colours, fitted to the plate and its own latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replate_server.operations.contract import Tensor

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    weights: torch.Tensor
    """[channels + 1, 3 x finer x finer], on the processor; the last row is what is added."""
    finer: int

    @classmethod
    def fitted(cls, latent: torch.Tensor, picture: Tensor, finer: int = 1) -> Look:
        """By least squares, of one frame's latents [channels, rows, columns] and its picture [height, width, 3].

        Where a latent is of many pixels it may be looked at so many times `finer` along each side.
        """
        import torch
        from torch.nn import functional

        planes = torch.from_numpy(picture).permute(2, 0, 1)[None]
        rows, columns = latent.shape[1:]
        small = functional.interpolate(planes, (rows * finer, columns * finer), mode="area")
        wanted = functional.pixel_unshuffle(small, finer)[0].flatten(1).T.double()
        given = _with_one(latent)
        # A little of Tikhonov's: a flat picture tells nothing of most channels.
        square = given.T @ given + 1e-3 * len(given) * torch.eye(given.shape[1], dtype=torch.float64)
        return cls(torch.linalg.solve(square, given.T @ wanted).float(), finer)

    def of(self, latent: torch.Tensor) -> Tensor:
        """Latents [channels, rows, columns] as a picture [rows x finer, columns x finer, 3] in [0,1]."""
        from torch.nn import functional

        seen = (_with_one(latent).float() @ self.weights).clamp_(0, 1)
        planes = functional.pixel_shuffle(seen.T.reshape(-1, *latent.shape[1:]), self.finer)
        picture: Tensor = planes.permute(1, 2, 0).contiguous().numpy()
        return picture


def ahead(scheduler: Any, before: torch.Tensor, now: torch.Tensor) -> torch.Tensor:
    """Latents after a step as they would be without their noise, if all steps went on straight from `before` it.

    That is what the network expects where the latents are the picture's with noise added to them (Karras et al.,
    "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, equation 4, by Euler), and where they go
    from one to the other (flow matching). Of schedulers that shrink both they come back as they are.
    """
    if not hasattr(scheduler, "is_scale_input_called") and not hasattr(scheduler, "scale_noise"):
        return now
    last, left = (float(scheduler.sigmas[scheduler.step_index + offset]) for offset in (-1, 0))
    return now + (now - before) * (left / (last - left)) if left else now


def expected(scheduler: Any, now: torch.Tensor) -> torch.Tensor:
    """Latents as the network expects them to be without their noise, of a scheduler that keeps what it was told
    (UniPC); of others they come back as they are."""
    told = getattr(scheduler, "model_outputs", ())
    return told[-1] if getattr(scheduler, "predict_x0", False) and told and told[-1] is not None else now


def _with_one(latent: torch.Tensor) -> torch.Tensor:
    """[rows x columns, channels + 1], float64."""
    import torch

    flat = latent.detach().reshape(latent.shape[0], -1).T.double().cpu()
    return torch.cat([flat, torch.ones(len(flat), 1, dtype=torch.float64)], dim=1)
