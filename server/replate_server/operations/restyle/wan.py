"""Wan 2.1, a clip at a time: VACE, which follows controls, and the text-to-video network from the plate onwards.

Wan Team, "Wan: Open and Advanced Large-Scale Video Generative Models", arXiv 2503.20314, 2025; Jiang et al., "VACE:
All-in-One Video Creation and Editing", ICCV 2025.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from replate.values import Parameter, ParameterType, Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import cornered, picture_of, stacked
from replate_server.operations.diffusion.previews import Look, expected
from replate_server.operations.diffusion.prompts import (
    AVOID,
    DESCRIBED,
    KEEP,
    LORAS,
    PROMPT,
    guidance_parameter,
    steps_parameter,
)
from replate_server.operations.diffusion.strength import first_noise, shortened
from replate_server.operations.diffusion.tiles import TiledCoder, TiledNetwork, tile_of
from replate_server.operations.restyle.controls import control_of
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.resolution import LARGEST, TILED_RESOLUTION, pixels_of
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

    from replate_server.operations.diffusion.pipeline import Shown

_EVERY = 4
"""Frames to a latent, but for the first of a take, which has one of its own."""
_CLIPS = 4
"""Of pixels, in float32, while latents are made of them: the plate, its matte, and both sides of it."""
_CONTROLS = ("plate", "grey", "depth", "edges")

_CONTROL = Parameter(
    "control",
    "Led by",
    ParameterType.CHOICE,
    "grey",
    "What the model follows: the plate itself, its brightness, a depth plate, or its edges. The less it is told, the "
    "freer it is.",
    choices=_CONTROLS,
    group="Model",
)
_CONTROL_SCALE = Parameter(
    "control_scale", "Led how strongly", ParameterType.REAL, 1.0, "How strictly it follows.", 0.0, 2.0, group="Model"
)
_PARAMETERS = (PROMPT, KEEP, AVOID, steps_parameter(30), guidance_parameter(5.0), LORAS, TILED_RESOLUTION)


class _Wan(Hosted):
    """What both have in common."""

    parts = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")
    frames = 81
    overlap = 17
    stride = _EVERY
    at_once = LARGEST
    """Pixels of a picture that is seen whole."""

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return pixels_of(parameters)

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block at 720p, and the autoencoder's of four frames, as both networks are written, each
        beside the clips that the pipeline holds then. Larger pictures are seen in tiles that are no larger."""
        says = checkpoint.part("transformer").configuration
        width = int(says["num_attention_heads"]) * int(says["attention_head_dim"])
        tokens = ((self.frames - 1) // _EVERY + 1) * self.at_once // 16**2
        hints = len(says.get("vace_layers", ())) * width
        block = tokens * (12 * width + 2 * int(says["ffn_dim"]) + hints) * (2 if fit.half else 4)
        base = int(checkpoint.part("vae").configuration["base_dim"])
        shown = 256**2 if fit.tiled else self.at_once
        clip = self.frames * self.at_once * 3 * 4
        return max(block + clip, 3 * _EVERY * 2 * base * shown * 4 + _CLIPS * clip)

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        asked = int(cast(int, parameters["steps"]))
        strength = float(cast(float, parameters["strength"]))
        scheduler = shortened(self.pipeline.whole.scheduler, asked, strength)
        with self.pipeline.running(steps, take.loras, scheduler) as pipe:
            height, width = take.size
            led = self.led(take, parameters)
            if pixels_of(parameters) > LARGEST and height * width > self.at_once:
                led = _in_tiles(pipe, take, self.at_once, led)
            # In full it begins with noise alone, which the first of all levels nearly is.
            share = first_noise(scheduler, asked) if strength < 1 else 1.0
            begun = _Begun.of(pipe, take, led.get("reference_images") or (), seed, share)
            made = pipe(
                **self.told(parameters, pipe),
                **led,
                height=height,
                width=width,
                num_inference_steps=asked,
                guidance_scale=float(cast(float, parameters["guidance"])),
                latents=begun.latents,
                output_type="np",
                **self.pipeline.told(Span(steps, 0.05, 0.9), len(scheduler.timesteps), begun.shown(pipe, take, steps)),
            ).frames[0]
        return [np.ascontiguousarray(frame, np.float32) for frame in made]

    @abstractmethod
    def led(self, take: Take, parameters: Mapping[str, Value]) -> dict[str, Any]:
        """What its pipeline is called with, beside the prompts and the latents."""

    def told(self, parameters: Mapping[str, Value], pipe: Any) -> dict[str, Any]:
        """The prompts, encoded."""
        said, avoid = self.prompt(parameters), str(parameters["avoid"])
        guided = float(cast(float, parameters["guidance"])) > 1
        dtype = pipe.transformer.dtype

        def encode() -> tuple[torch.Tensor, torch.Tensor | None]:
            # Its own type would be the 8 bits in which it may be kept.
            wanted, unwanted = pipe.encode_prompt(said, avoid, guided, dtype=dtype)
            return wanted, unwanted

        wanted, unwanted = self.encoded((said, avoid, guided), encode)
        return {"prompt_embeds": wanted, "negative_prompt_embeds": unwanted}


class WanVace(_Wan):
    card = Card(
        name="restyle/wan-vace-1.3b",
        label="Wan VACE 1.3B",
        tooltip="Repaints a shot by a prompt and reference pictures, led by its brightness, depth or edges.",
        revision="1",
        licence="Apache-2.0",
        weights=("wan-vace-1.3b",),
        parameters=(*_PARAMETERS, _CONTROL, _CONTROL_SCALE),
        presets=PRESETS,
        wording=DESCRIBED,
        windows=Windows(length=None),
        sizes=Sizes(multiple=16, minimum=16),
        memory_bytes=10_000 * MEGABYTE,
    )
    kind = "WanVACEPipeline"

    def led(self, take: Take, parameters: Mapping[str, Value]) -> dict[str, Any]:
        """A frame to be made is seen as the control has it; what is to stay, as it is."""
        seen, wanted = [], []
        for index, picture in enumerate(take.pictures):
            known = take.known.get(index)
            if known is not None:
                seen.append(known)
                wanted.append(np.zeros(known.shape, np.float32))
                continue
            control = control_of(take, index, cast(str, parameters["control"]))
            control = picture if control is None else control
            open_ = np.ones(picture.shape[:2], np.float32)
            if take.mattes is not None:
                # A pixel that is painted but for a hair's breadth is painted whole; the operation blends it in.
                open_ = (take.mattes[index] > 0).astype(np.float32)
            seen.append(np.where(open_[..., None] > 0, control, picture))
            wanted.append(np.repeat(open_[..., None], 3, axis=-1))
        return {
            "video": stacked(seen)[None],
            "mask": stacked(wanted)[None],
            "reference_images": [picture_of(take.style)] if take.style is not None else None,
            "conditioning_scale": float(cast(float, parameters["control_scale"])),
            "num_frames": len(seen),
        }


class WanVace14(WanVace):
    card = replace(
        WanVace.card,
        name="restyle/wan-vace-14b",
        label="Wan VACE 14B",
        tooltip="As the 1.3B, with finer drawing and a better ear for the prompt; needs a large card and patience.",
        weights=("wan-vace-14b",),
        memory_bytes=21_000 * MEGABYTE,
    )


class WanFromPlate(_Wan):
    card = Card(
        name="restyle/wan-1.3b",
        label="Wan 1.3B",
        tooltip="Repaints a shot by a prompt, beginning from the plate: by its strength, little or all of it.",
        revision="1",
        licence="Apache-2.0",
        weights=("wan-1.3b",),
        parameters=_PARAMETERS,
        presets=PRESETS,
        wording=DESCRIBED,
        windows=Windows(length=None),
        sizes=Sizes(multiple=16, minimum=16),
        memory_bytes=7000 * MEGABYTE,
    )
    kind = "WanVideoToVideoPipeline"

    def led(self, take: Take, parameters: Mapping[str, Value]) -> dict[str, Any]:
        """It begins from the latents that it is given, and is to leave no more steps out than were."""
        return {"strength": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """What a take begins with, and what of it is known from the start."""

    latents: torch.Tensor
    """[1, channels, references + frames, rows, columns], float32: noise, and as much of the plate as was asked for."""
    noise: torch.Tensor
    known: torch.Tensor
    """Latents of the finished frames that the take begins with, [1, channels, frames, rows, columns]."""
    references: int

    @classmethod
    def of(cls, pipe: Any, take: Take, pictures: Sequence[Any], seed: int, share: float) -> _Begun:
        """`share` is that of the noise; `pictures` are the references, whose latents come before the frames'."""
        import torch

        height, width = take.size
        scale, channels = pipe.vae_scale_factor_spatial, pipe.vae.config.z_dim
        count = (len(take.numbers) - 1) // _EVERY + 1
        places = [f"reference {index}" for index in range(len(pictures))]
        places += [str(take.place // _EVERY + index) for index in range(count)]
        noise = placed_noise(seed, places, (channels, height // scale, width // scale))
        whole = [take.known.get(index, picture) for index, picture in enumerate(take.pictures)]
        begun = next((index for index in range(len(whole)) if index not in take.known), len(whole))
        # A latent is known when all of its frames are.
        known = _encoded(pipe, whole[: begun - (begun - 1) % _EVERY]) if begun else noise[:, :, :0]
        latents = noise
        if share < 1:
            plate = torch.cat([noise.new_zeros(noise[:, :, : len(pictures)].shape), _encoded(pipe, whole)], dim=2)
            latents = (1 - share) * plate + share * noise
        return cls(latents, noise, known, len(pictures))

    def shown(self, pipe: Any, take: Take, steps: Steps) -> Shown:
        """After a step: what is known is put back, and a frame is looked at."""
        middle = self.references + (self.latents.shape[2] - self.references) // 2
        first = take.known.get(0, take.pictures[0])
        look = Look.fitted(_encoded(pipe, [first])[0, :, 0], first)

        def after(latents: torch.Tensor, fraction: float) -> torch.Tensor:
            share = float(pipe.scheduler.sigmas[pipe.scheduler.step_index])
            known = slice(self.references, self.references + self.known.shape[2])
            tied = (1 - share) * self.known + share * self.noise[:, :, known]
            latents[:, :, known] = tied.to(latents)
            number = take.numbers[min((middle - self.references) * _EVERY, len(take.numbers) - 1)]
            steps.preview(number, look.of(expected(pipe.scheduler, latents)[0, :, middle]))
            return latents

        return after


def _in_tiles(pipe: Any, take: Take, most: int, led: dict[str, Any]) -> dict[str, Any]:
    """Has a run see a take in tiles of so many pixels at the `most`, and gives what its pipeline is called with then:
    references as large as a tile, so that each sees them whole."""
    (height, width), scale = take.size, pipe.vae_scale_factor_spatial
    rows, columns = tile = tile_of(height // scale, width // scale, most // scale**2)
    pictures = led.get("reference_images") or ()
    pipe.transformer = TiledNetwork(pipe.transformer, tile, len(pictures))
    pipe.vae = TiledCoder(pipe.vae, tile)
    for name in ("preprocess_conditions", "prepare_video_latents"):
        if hasattr(pipe, name):
            setattr(pipe, name, _on_the_processor(getattr(pipe, name)))
    if not pictures:
        return led
    laid = [cornered(picture, (columns * scale, rows * scale), (width, height)) for picture in pictures]
    return {**led, "reference_images": laid}


def _on_the_processor(method: Callable[..., Any]) -> Callable[..., Any]:
    """One of a pipeline's own that takes the device as its last: pixels of a large clip do not go there."""
    return lambda *given: method(*given[:-1], "cpu")


def _encoded(pipe: Any, pictures: Sequence[Tensor]) -> torch.Tensor:
    """Latents of consecutive frames, as the network's training had them, on the processor."""
    import torch

    # What the pipeline itself does in `prepare_video_latents`.
    given = (stacked(pictures).permute(1, 0, 2, 3)[None] * 2 - 1).to(working_device(pipe.vae), pipe.vae.dtype)
    latents = pipe.vae.encode(given).latent_dist.mode().float().cpu()
    mean, deviation = (
        torch.tensor(getattr(pipe.vae.config, name)).view(1, -1, 1, 1, 1) for name in ("latents_mean", "latents_std")
    )
    scaled: torch.Tensor = (latents - mean) / deviation
    return scaled
