"""Latents kept in 32 bits between the steps of a network that computes in 16."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def keeping(scheduler: Any, dtype: torch.dtype) -> Any:
    """The scheduler, which from now on gives a network of this `dtype` what it takes, and keeps latents in float32.

    Pipelines for UNets hand the latents on in the network's own type, of which bfloat16 has three decimal digits.
    """
    scale, step = scheduler.scale_model_input, scheduler.step

    def scaled(*given: Any, **named: Any) -> torch.Tensor:
        latents: torch.Tensor = scale(*given, **named)
        return latents.to(dtype)

    # Pipelines look at which arguments it takes.
    @wraps(step)
    def stepped(predicted: torch.Tensor, *given: Any, **named: Any) -> Any:
        return step(predicted.float(), *given, **named)

    scheduler.scale_model_input, scheduler.step = scaled, stepped
    return scheduler
