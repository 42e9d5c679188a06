"""FLUX.2 klein, which edits a picture as it is told: what its models have in common.

Black Forest Labs, "FLUX.2 [klein]: Towards Interactive Visual Intelligence", 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from replate.frame import Box
from replate_server.darkroom.geometry import crop, pad
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.fitting import TILE, Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.pictures import picture_of, stacked
from replate_server.operations.diffusion.strength import first_noise, levels
from replate_server.operations.diffusion.tokens import begun, ground, shown
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

SQUARE = 16
"""Pixels along a side of what one token is of."""
PIXELS = 1_000_000
"""How many it is good at. Of a reference with more than 1024 x 1024 the pipeline makes a smaller one, which would not
lie on the picture any more; a size rounded up stays within that."""
LEAST = 64
"""Pixels along the shorter side of a reference."""

_SLIMMEST = 8
"""How many times as long a reference may be as it is wide."""
_REFERENCES = 3
"""That a picture is edited by at the most, itself included."""
_WORDS = 512
"""Tokens of a prompt."""


class Klein(Hosted):
    kind = "Flux2KleinPipeline"
    parts = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block, and the autoencoder's at its full size, as both networks are written."""
        says = checkpoint.part("transformer").configuration
        width = int(says["num_attention_heads"]) * int(says["attention_head_dim"])
        tokens = (1 + _REFERENCES) * PIXELS // SQUARE**2 + _WORDS
        block = int(tokens * width * (12 + 2 * float(says["mlp_ratio"])) * (2 if fit.half else 4))
        coder = checkpoint.part("vae").configuration
        base = int(coder["block_out_channels"][0])
        return max(block, 3 * 2 * base * (TILE**2 if fit.tiled else PIXELS) * 4)

    def edited(
        self,
        picture: Tensor,
        references: Sequence[Tensor],
        said: str,
        count: int,
        strength: float,
        place: int | str,
        seed: int,
        steps: Steps,
        matte: Tensor | None = None,
        number: int | None = None,
        loras: tuple[Lora, ...] = (),
    ) -> Tensor:
        """A picture [height, width, 3] in [0,1] as it becomes by what is `said`, in `count` steps.

        It begins from the picture by `strength`; it is told of `references`, of any size, as "image 1" and so on. Where
        there is a matte [height, width] only what it covers is painted. Noise is that of the seed and the `place`;
        `number` is the frame that is shown as it comes.
        """
        picture, inside = squat(picture)
        height, width = picture.shape[:2]
        given = [picture_of(squat(one)[0]) for one in references]
        matte = squat(matte)[0] if matte is not None else None
        with self.pipeline.running(steps, loras) as pipe:
            noises = levels(count, strength)
            mu = _shift(height // SQUARE * (width // SQUARE), len(noises))
            on = ground(_encoded(pipe, picture), picture, matte, place, seed)
            first = begun(on, first_noise(pipe.scheduler, sigmas=noises, mu=mu))
            latents = pipe(
                prompt_embeds=self.encoded((said,), lambda: _understood(pipe, said)),
                image=given or None,
                height=height,
                width=width,
                num_inference_steps=len(noises),
                sigmas=noises,
                # Those that take few steps were taught to do without.
                guidance_scale=1.0,
                latents=first,
                output_type="latent",
                **self.pipeline.told(Span(steps, 0.05, 0.95), len(noises), shown(on, pipe, first, number, steps)),
            ).images
            # The pipeline would give its autoencoder the network's 16 bits.
            decoded = pipe.vae.decode(latents.to(working_device(pipe.vae), pipe.vae.dtype)).sample[0].float().cpu()
        made: Tensor = np.ascontiguousarray((decoded / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).numpy())
        return crop(made, inside)


def squat(picture: Tensor) -> tuple[Tensor, Box]:
    """A picture or a matte as the pipeline takes it, neither small nor slim, and the box in which it lies."""
    return pad(picture, SQUARE, max(LEAST, ceil(max(picture.shape[:2]) / _SLIMMEST)))


def _understood(pipe: Any, said: str) -> torch.Tensor:
    """A prompt, encoded in the type in which the network computes: one kept in 8 bits says those are its own."""
    embeddings: torch.Tensor = pipe._get_qwen3_prompt_embeds(
        pipe.text_encoder, pipe.tokenizer, said, pipe.transformer.dtype, pipe._execution_device
    )
    return embeddings


def _encoded(pipe: Any, picture: Tensor) -> torch.Tensor:
    """A picture's tokens, as the network's training had them, on the processor, [1, channels, rows, columns]."""
    given = (stacked([picture]) * 2 - 1).to(working_device(pipe.vae), pipe.vae.dtype)
    tokens: torch.Tensor = pipe._encode_vae_image(given, generator=None).float().cpu()
    return tokens


def _shift(tokens: int, count: int) -> float:
    """How the pipeline has noise levels shifted for a picture of so many tokens."""
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    shift: float = compute_empirical_mu(tokens, count)
    return shift
