"""Stable Diffusion XL, a keyframe at a time, led by the plate's depth and edges.

Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis", ICLR 2024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from replate.values import Parameter, ParameterType, Preset, Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.controlnets import together
from replate_server.operations.diffusion.fitting import TILE, Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.latents import Ground
from replate_server.operations.diffusion.noise import seeded
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.diffusion.precision import keeping
from replate_server.operations.diffusion.prompts import (
    AVOID,
    DESCRIBED,
    KEEP,
    LORAS,
    PROMPT,
    guidance_parameter,
    steps_parameter,
)
from replate_server.operations.diffusion.strength import shortened
from replate_server.operations.restyle.controls import depth_of, edges_of
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

_PIXELS = 1024 * 1024

_DEPTH_SCALE = Parameter(
    "depth_scale",
    "Held by depth",
    ParameterType.REAL,
    0.5,
    "With a depth plate: how strictly the picture keeps to its forms; 0 does without.",
    0.0,
    2.0,
    group="Model",
)
_EDGE_SCALE = Parameter(
    "edge_scale",
    "Held by edges",
    ParameterType.REAL,
    0.5,
    "How strictly the picture keeps to the plate's edges; 0 does without.",
    0.0,
    2.0,
    group="Model",
)
_PRESETS = (
    Preset(
        "adhere",
        "Adhere",
        "A treatment of the plate: its colours and its detail stay.",
        {"strength": 0.45, "keep_colour": True, "depth_scale": 0.5, "edge_scale": 0.7},
    ),
    Preset(
        "flex",
        "Flex",
        "What the prompt says, over forms and edges that are the plate's.",
        {"strength": 0.75, "keep_colour": False, "depth_scale": 0.5, "edge_scale": 0.5},
    ),
    Preset(
        "reimagine",
        "Reimagine",
        "What the prompt says in full: of the plate the forms in depth are left.",
        {"strength": 1.0, "keep_colour": False, "depth_scale": 0.7, "edge_scale": 0.0},
    ),
)


class Sdxl(Hosted):
    card = Card(
        name="restyle/sdxl",
        label="Stable Diffusion XL",
        tooltip="Repaints keyframes by a prompt, held by depth and edges; wears the many LoRAs that there are for it.",
        revision="1",
        licence="LicenseRef-CreativeML-OpenRAIL++-M",
        weights=("sdxl", "sdxl-controlnet-depth", "sdxl-controlnet-canny"),
        parameters=(
            PROMPT,
            KEEP,
            AVOID,
            steps_parameter(30),
            guidance_parameter(6.0),
            LORAS,
            _DEPTH_SCALE,
            _EDGE_SCALE,
        ),
        presets=_PRESETS,
        wording=DESCRIBED,
        sizes=Sizes(multiple=32, minimum=64),
        memory_bytes=2400 * MEGABYTE,
    )
    kind = "StableDiffusionXLControlNetImg2ImgPipeline"
    parts = ("tokenizer", "tokenizer_2", "text_encoder", "text_encoder_2", "unet", "vae", "scheduler")
    beside: ClassVar[Mapping[str, str]] = {
        "controlnet_depth": "sdxl-controlnet-depth",
        "controlnet_edges": "sdxl-controlnet-canny",
    }
    frames = 1
    overlap = 0
    stride = 1

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return _PIXELS

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """What the UNet and the ControlNets keep for its way up, and the autoencoder's tensors at its full size."""
        unet = int(checkpoint.part("unet").configuration["block_out_channels"][0])
        kept = 2 * 40 * unet * _PIXELS // 8**2 * (2 if fit.half else 4)
        base = int(checkpoint.part("vae").configuration["block_out_channels"][0])
        return max(kept, 3 * 2 * base * (TILE**2 if fit.tiled else _PIXELS) * 4)

    def assembled(self, made: Mapping[str, Any]) -> Mapping[str, Any]:
        networks = [made[name] for name in self.beside]
        return {name: part for name, part in made.items() if name not in self.beside} | {
            "controlnet": together(networks)
        }

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        if 0 in take.known:
            return [take.known[0]]
        picture = take.pictures[0]
        height, width = take.size
        asked = int(cast(int, parameters["steps"]))
        strength = float(cast(float, parameters["strength"]))
        depth_scale = float(cast(float, parameters["depth_scale"])) if take.depths is not None else 0.0
        if take.style is not None:
            steps.warn("Stable Diffusion XL does not see the style: say its manner in the prompt, or name a LoRA.")
        scheduler = keeping(shortened(self.pipeline.whole.scheduler, asked, strength), self.pipeline.whole.unet.dtype)
        with self.pipeline.running(steps, take.loras, scheduler) as pipe:
            ground = Ground.of(pipe.vae, picture, take.mattes[0] if take.mattes is not None else None, take.place, seed)
            scheduler.set_timesteps(asked)
            begun = ground.noise * scheduler.init_noise_sigma if strength == 1 else _noisy(scheduler, ground, 0)
            depth = depth_of(take.depths[0]) if take.depths is not None else np.zeros_like(picture)
            made = pipe(
                **self.told(parameters, take, pipe, steps),
                image=stacked([picture]),
                control_image=[stacked([depth]), stacked([edges_of(picture)])],
                controlnet_conditioning_scale=[depth_scale, float(cast(float, parameters["edge_scale"]))],
                control_guidance_start=[0.0, 0.0],
                control_guidance_end=[1.0, 1.0],
                height=height,
                width=width,
                original_size=_original(height, width),
                target_size=(height, width),
                # The scheduler leaves out what is left out.
                strength=1.0,
                num_inference_steps=asked,
                guidance_scale=float(cast(float, parameters["guidance"])),
                generator=seeded(seed, "steps", take.place),
                latents=begun.to(pipe._execution_device),
                output_type="np",
                **self.pipeline.told(
                    Span(steps, 0.05, 0.95),
                    len(scheduler.timesteps),
                    ground.shown(
                        scheduler, begun, lambda taken: _noisy(scheduler, ground, taken), take.numbers[0], steps
                    ),
                ),
            ).images[0]
        return [np.ascontiguousarray(made, np.float32)]

    def told(self, parameters: Mapping[str, Value], take: Take, pipe: Any, steps: Steps) -> dict[str, Any]:
        """The prompts, encoded. LoRAs may change what the encoders understand."""
        said, avoid = self.prompt(parameters), str(parameters["avoid"]).strip()
        guided = float(cast(float, parameters["guidance"])) > 1
        for one in (said, avoid):
            if len(pipe.tokenizer(one).input_ids) > pipe.tokenizer.model_max_length:
                steps.warn(
                    f'Stable Diffusion XL hears the first 50 words or so of "{one[:20]}...": shorten it, or say first '
                    "what matters most."
                )
        worn = tuple((lora, lora.path.stat().st_mtime_ns) for lora in take.loras)

        def encode() -> Sequence[torch.Tensor | None]:
            return cast(
                Sequence[Any],
                pipe.encode_prompt(said, do_classifier_free_guidance=guided, negative_prompt=avoid or None),
            )

        names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
        return dict(zip(names, self.encoded((said, avoid, guided, worn), encode), strict=True))


def _noisy(scheduler: Any, ground: Ground, taken: int) -> torch.Tensor:
    """The plate's latents with the noise that is left after so many steps."""
    left = scheduler.timesteps[taken : taken + 1].cpu()
    if not len(left):
        return ground.plate
    noisy: torch.Tensor = scheduler.add_noise(ground.plate, ground.noise, left)
    return noisy


def _original(height: int, width: int) -> tuple[int, int]:
    """How large the network is told its pictures were before they were made smaller: of small ones it learnt that they
    are blurred (section 2.2)."""
    scale = max(sqrt(_PIXELS / (height * width)), 1.0)
    return ceil(height * scale), ceil(width * scale)
