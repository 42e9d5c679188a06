"""Several ControlNets on one UNet, of which a run may heed some.

Zhang et al., "Adding Conditional Control to Text-to-Image Diffusion Models", ICCV 2023.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from replate_server.operations.diffusion.parts import library


def together(networks: Sequence[Any]) -> Any:
    """ControlNets as one part of a pipeline; those whose scale is 0 are not run."""
    part = library("diffusers").MultiControlNetModel(list(networks))

    def forward(
        sample: Any,
        time: Any,
        encoder_hidden_states: Any,
        controlnet_cond: Sequence[Any],
        conditioning_scale: Sequence[float],
        return_dict: bool = False,
        **named: Any,
    ) -> tuple[list[Any] | None, Any]:
        """What is added to the UNet, as the library's own gives it; None where there is nothing."""
        down: list[Any] | None = None
        middle = None
        for network, picture, scale in zip(part.nets, controlnet_cond, conditioning_scale, strict=True):
            if scale:
                more, deep = network(
                    sample, time, encoder_hidden_states, picture, scale, return_dict=return_dict, **named
                )
                down = more if down is None else [one + other for one, other in zip(down, more, strict=True)]
                middle = deep if middle is None else middle + deep
        return down, middle

    part.forward = forward
    return part
