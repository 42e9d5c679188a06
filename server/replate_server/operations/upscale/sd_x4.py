"""Stable Diffusion's upscaler: detail that was never filmed, drawn by a prompt.

Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022, section 4.5. A latent is as
large as the plate's pixel. It is denoised in tiles that are mixed at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from replate.frame import Box
from replate.values import Parameter, ParameterType, Value
from replate_server.darkroom.geometry import crop, pad, scaled
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.tiles import tile_size
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.noise import seeded
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.diffusion.prompts import AVOID, guidance_parameter, steps_parameter
from replate_server.operations.diffusion.tiles import cut, mixed
from replate_server.operations.spans import Span, part
from replate_server.operations.upscale.agreeing import agreeing
from replate_server.operations.upscale.clip import Clip

if TYPE_CHECKING:
    import torch

_FACTOR = 4
_LATENT = 4
"""Channels of a latent."""
_TILE = 128
"""Pixels of the plate: what the network was trained on."""
_OVERLAP = 48
_MULTIPLE = 8
_BLOCK = 64
"""Noise is drawn in squares of so many pixels, each by its place."""

_PROMPT = Parameter(
    "prompt",
    "Shows",
    ParameterType.TEXT,
    "",
    'What the plate shows: "a street in the rain, film grain".',
    group="Prompt",
)
_NOISE = Parameter(
    "noise",
    "Freedom",
    ParameterType.WHOLE,
    20,
    "Noise laid over the plate before it is looked at: more hides more of it, and more is drawn anew.",
    0,
    350,
    group="Model",
)


class StableDiffusionX4(Hosted):
    card = Card(
        name="upscale/sd-x4",
        label="Stable Diffusion x4",
        tooltip="Draws detail that was never filmed, by a prompt. For stills and paintings: on what moves it crawls.",
        revision="1",
        licence="LicenseRef-CreativeML-OpenRAIL++-M",
        weights=("sd-x4",),
        parameters=(_PROMPT, AVOID, steps_parameter(30), guidance_parameter(6.0), _NOISE),
        wording=("{prompt}.",),
        memory_bytes=5000 * MEGABYTE,
    )
    kind = "StableDiffusionUpscalePipeline"
    parts = ("tokenizer", "text_encoder", "unet", "vae", "low_res_scheduler", "scheduler")

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """Of a tile: a dozen of the network's widest layers, and four of the autoencoder's as large as the result."""
        width = int(checkpoint.part("vae").configuration["block_out_channels"][0])
        attended = 3 * int(max(checkpoint.part("unet").configuration["block_out_channels"]))
        return _TILE**2 * (12 * attended * (2 if fit.half else 4) + 4 * _FACTOR**2 * width * 4)

    def enlarge(self, clip: Clip, scale: int, parameters: Mapping[str, Value], steps: Steps) -> Iterator[Tensor]:
        """Made four times as large, and averaged to less."""
        for done, index in enumerate(clip.wanted):
            picture = clip.pictures[index]
            height, width = picture.shape[:2]
            padded, box = pad(picture, _MULTIPLE, _MULTIPLE)
            column, row = clip.corner
            place = Box(column - box.x, row - box.y, padded.shape[1], padded.shape[0])
            noise = _noise(place, clip.seed)
            span = part(steps, done, len(clip.wanted))
            large = self._drawn(padded, noise, parameters, span)
            held = agreeing(crop(large, scaled(box, _FACTOR)), picture)
            yield resize(held, width * scale, height * scale, Nature.COLOUR)

    def _drawn(self, picture: Tensor, noise: torch.Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """A picture four times as large; `noise` is [1, 7, height, width]: that of the latents, and of the picture."""
        import torch

        count = int(cast(int, parameters["steps"]))
        with self.pipeline.running(steps) as pipe:
            told = self._told(parameters, pipe)
            guidance = float(cast(float, parameters["guidance"]))
            level = torch.tensor([int(cast(int, parameters["noise"]))])
            seen = pipe.low_res_scheduler.add_noise(stacked([picture]) * 2 - 1, noise[:, _LATENT:], level)
            latents = noise[:, :_LATENT] * pipe.scheduler.init_noise_sigma
            chance = pipe.prepare_extra_step_kwargs(seeded(0, "steps"), 0.0)
            ended = self.pipeline.told(Span(steps, 0.0, 0.9), count, lambda *_: None)["callback_on_step_end"]
            pipe.scheduler.set_timesteps(count)
            for index, moment in enumerate(pipe.scheduler.timesteps):
                given = torch.cat([pipe.scheduler.scale_model_input(latents, moment), seen], 1)
                predicted = _in_tiles(given, partial(_predicted, pipe.unet, moment, level, told, guidance))
                latents = pipe.scheduler.step(predicted, moment, latents, **chance, return_dict=False)[0]
                ended(pipe, index, moment, {"latents": latents})
            large = _in_tiles(latents, partial(_decoded, pipe.vae), _FACTOR)
        return np.ascontiguousarray((large[0].permute(1, 2, 0).numpy() + 1) / 2)

    def _told(self, parameters: Mapping[str, Value], pipe: Any) -> torch.Tensor:
        """The prompt, encoded, and before it what is to be avoided, where the two are compared."""
        import torch

        said, avoid = self.prompt(parameters), str(parameters["avoid"])
        guided = float(cast(float, parameters["guidance"])) > 1

        def encode() -> torch.Tensor:
            wanted, unwanted = pipe.encode_prompt(said, working_device(pipe.text_encoder), 1, guided, avoid)
            return torch.cat([unwanted, wanted]) if guided else wanted

        told: torch.Tensor = self.encoded((said, avoid, guided), encode)
        return told


def _predicted(
    unet: Any, moment: torch.Tensor, level: torch.Tensor, told: torch.Tensor, guidance: float, tile: torch.Tensor
) -> torch.Tensor:
    """What a network takes for noise in a tile [1, 7, rows, columns] of latents and picture: [1, 4, rows, columns]."""
    device, count = working_device(unet), len(told)
    given = tile.repeat(count, 1, 1, 1).to(device, unet.dtype)
    made = unet(
        given,
        moment.to(device),
        encoder_hidden_states=told.to(device, unet.dtype),
        class_labels=level.repeat(count).to(device),
        return_dict=False,
    )[0]
    predicted: torch.Tensor = made.float().cpu()
    return predicted[:1] + guidance * (predicted[1:] - predicted[:1]) if count > 1 else predicted


def _decoded(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """The picture of latents, [1, 3, 4 rows, 4 columns] in [-1,1]."""
    given = (latents / vae.config.scaling_factor).to(working_device(vae), vae.dtype)
    picture: torch.Tensor = vae.decode(given, return_dict=False)[0].float().cpu()
    return picture


def _in_tiles(planes: torch.Tensor, work: Callable[[torch.Tensor], torch.Tensor], scale: int = 1) -> torch.Tensor:
    """`work` done on planes [1, channels, rows, columns] tile by tile, on the processor."""
    rows, columns = planes.shape[-2:]
    tile = tile_size(rows, columns, _TILE**2, _MULTIPLE, 1)
    return mixed((rows, columns), tile, (_OVERLAP, _OVERLAP), lambda window: work(cut(planes, window)), scale=scale)


def _noise(place: Box, seed: int) -> torch.Tensor:
    """Normal noise over a box of the plate, [1, 7, rows, columns]: what is drawn at a place is the same in every frame,
    however its data window moves."""
    import torch

    rows, columns = (
        range(place.y // _BLOCK, -(-place.bottom // _BLOCK)),
        range(place.x // _BLOCK, -(-place.right // _BLOCK)),
    )

    def block(row: int, column: int) -> torch.Tensor:
        return torch.randn((_LATENT + 3, _BLOCK, _BLOCK), generator=seeded(seed, row, column))

    field = torch.cat([torch.cat([block(row, column) for column in columns], 2) for row in rows], 1)
    top, left = place.y - rows.start * _BLOCK, place.x - columns.start * _BLOCK
    return field[None, :, top : top + place.height, left : left + place.width]
