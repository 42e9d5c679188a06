"""LTX-Video: a clip repainted from the plate onwards, in few steps.

HaCohen et al., "LTX-Video: Realtime Video Latent Diffusion", arXiv 2501.00103, 2024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.prompts import (
    AVOID,
    DESCRIBED,
    KEEP,
    LORAS,
    PROMPT,
    guidance_parameter,
    steps_parameter,
)
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.restyle.reel import EVERY, SQUARE, Reel, decoded, restored, tokens
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.resolution import LARGEST, RESOLUTION, pixels_of
from replate_server.operations.spans import Span

_LEVELS = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0.0)
"""Of noise, as the distilled networks were taught them: Lightricks' `ltx_pipelines`, utils/constants.py, and the two
passes of LTX-Video's own configurations put together."""
_LEAST = 0.01
"""Share of noise below which a network has nothing to do."""
RATE = 24.0
"""Frames a second that a network is told: it is what most of its films had."""


class Ltx(Hosted):
    """What its models have in common."""

    frames = 121
    overlap = 17
    stride = EVERY
    times = 1
    """How often a clip is among the tokens."""

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return pixels_of(parameters)

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        super().load(weights, device)
        vae = self.pipeline.whole.vae
        # Tiles of a few frames, too, where it works in tiles.
        vae.use_framewise_encoding = vae.use_framewise_decoding = vae.use_tiling

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block at 720p, or the autoencoder's, as both networks are written."""
        says = checkpoint.part("transformer").configuration
        width = int(says["num_attention_heads"]) * int(says["attention_head_dim"])
        clip = ((self.frames - 1) // EVERY + 1) * LARGEST // SQUARE**2
        block = self.times * clip * 20 * width * (2 if fit.half else 4)
        coder = checkpoint.part("vae").configuration
        base, patch = int(coder["decoder_block_out_channels"][0]), int(coder["patch_size"])
        # Tiles of 512 pixels a side and 16 frames, where it works in such.
        shown = 512**2 * (16 + EVERY) if fit.tiled else LARGEST * self.frames
        return max(block, 3 * base * (shown // patch**2) * 4 + 2 * 3 * LARGEST * self.frames * 4)


class LtxVideo(Ltx):
    card = Card(
        name="restyle/ltx-video",
        label="LTX-Video 13B",
        tooltip="Repaints a shot by a prompt in few steps, beginning from the plate: by its strength, little or much.",
        revision="1",
        licence="LicenseRef-LTXV-Open-Weights-0.X",
        weights=("ltx-video",),
        parameters=(PROMPT, KEEP, AVOID, steps_parameter(8), guidance_parameter(1.0), LORAS, RESOLUTION),
        # Nothing but noise leads to another clip: of the plate there must be a little.
        presets=tuple(
            replace(one, values={**one.values, "strength": strength})
            for one, strength in zip(PRESETS, (0.5, 0.75, 0.95), strict=True)
        ),
        wording=DESCRIBED,
        windows=Windows(length=None),
        sizes=Sizes(multiple=SQUARE, minimum=SQUARE),
        memory_bytes=11_000 * MEGABYTE,
    )
    kind = "LTXConditionPipeline"
    parts = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        noises = levels(parameters)
        with self.pipeline.running(steps, take.loras, plain(self.pipeline.whole.scheduler)) as pipe:
            told = self._told(parameters, pipe)
            reel = Reel.of(pipe.vae, take, seed, noises[0])
            # The pipeline would draw noise by the take, and hold whole frames alone.
            pipe.prepare_latents = lambda *_, device, **__: _laid_out(pipe, reel, device)
            height, width = take.size
            latents = pipe(
                **told,
                conditions=[],
                height=height,
                width=width,
                num_frames=len(take.numbers),
                frame_rate=RATE,
                timesteps=[1000 * noise for noise in noises],
                num_inference_steps=len(noises),
                guidance_scale=float(cast(float, parameters["guidance"])),
                image_cond_noise_scale=0.0,
                output_type="latent",
                **self.pipeline.told(
                    Span(steps, 0.05, 0.9), len(noises), reel.shown(pipe.scheduler, steps, reel.others)
                ),
            ).frames
            # The pipeline would give its autoencoder the network's 16 bits.
            return decoded(pipe.vae, restored(pipe.vae, latents), seed, take.place)

    def _told(self, parameters: Mapping[str, Value], pipe: Any) -> dict[str, Any]:
        """The prompts, encoded."""
        said, avoid = self.prompt(parameters), str(parameters["avoid"])
        guided = float(cast(float, parameters["guidance"])) > 1
        dtype = pipe.transformer.dtype
        # A text encoder's own type would be the 8 bits in which it may be kept.
        found = self.encoded((said, avoid, guided), lambda: pipe.encode_prompt(said, avoid, guided, dtype=dtype))
        names = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds", "negative_prompt_attention_mask")
        return dict(zip(names, found, strict=True))


def levels(parameters: Mapping[str, Value]) -> list[float]:
    """Of noise, as many as there are steps, falling from the strength, spread as the network was taught them."""
    steps, strength = int(cast(int, parameters["steps"])), float(cast(float, parameters["strength"]))
    taught = np.interp(np.linspace(0, len(_LEVELS) - 1, steps + 1)[:-1], range(len(_LEVELS)), _LEVELS)
    return [float(level) for level in max(strength, _LEAST) * taught]


def plain(scheduler: Any) -> Any:
    """One that takes levels as they are, and draws no noise: that would be a take's, and not a place's."""
    return type(scheduler).from_config(
        scheduler.config, use_dynamic_shifting=False, shift=1.0, shift_terminal=None, stochastic_sampling=False
    )


def _laid_out(pipe: Any, reel: Reel, device: Any) -> tuple[Any, ...]:
    """What `LTXConditionPipeline.prepare_latents` gives: tokens, which are held, where they are, and how many of them
    come before the clip's own."""
    import torch

    parts = [*((index, key, torch.ones_like(key[:, :1])) for index, key in reel.keys), (0, reel.begun, reel.held)]
    places = []
    for index, latents, _ in parts:
        ids = pipe._prepare_video_ids(1, *latents.shape[2:], device=device)
        places.append(pipe._scale_video_ids(ids, SQUARE, EVERY, index, device))
    return (
        torch.cat([tokens(latents) for _, latents, _ in parts], dim=1).to(device),
        torch.cat([held.flatten(1) for _, _, held in parts], dim=1).to(device),
        torch.cat(places, dim=2),
        reel.others,
    )
