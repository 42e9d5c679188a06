"""Layers grouped by Qwen-Image-Layered, which takes a picture apart into what a designer would move by itself.

Yin et al., "Qwen-Image-Layered: Towards Inherent Editability via Layer Decomposition", arXiv 2512.15603, 2025. Of
what it paints the alphas alone are used: its colours are its own, and the plate's stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from replate.values import Parameter, ParameterType, Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.fitting import TILE, Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import picture_of, stacked
from replate_server.operations.diffusion.previews import Look, ahead
from replate_server.operations.diffusion.prompts import guidance_parameter, steps_parameter
from replate_server.operations.diffusion.qwen import qwen_size
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.migan import MiGan
from replate_server.operations.layers.coverage import weights as shown
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

    from replate_server.operations.diffusion.pipeline import Shown

_RESOLUTION = 640
"""Of the two that the pipeline has, the one that its makers advise."""
_PIXELS = _RESOLUTION**2
_SQUARE = 16
"""Pixels along a side of what one token is of."""
_MOST = 9
"""Groups before the rest. The network makes any number; what it needs for that is memory."""
_WORDS = 512
"""Tokens of a prompt, and of what it says itself of a picture."""


class QwenLayered(Hosted):
    """Fills by MI-GAN what groups hide."""

    card = Card(
        name="layers/qwen",
        label="Qwen Image Layered",
        tooltip="Parts what depth does not, such as people who stand together; what is hidden is made up quickly.",
        revision="1",
        licence="Apache-2.0",
        weights=("qwen-image-layered", *MiGan.card.weights),
        parameters=(
            Parameter(
                "prompt",
                "What is seen",
                ParameterType.TEXT,
                "",
                'All that the picture shows, what is hidden included: "two dancers before a wall". '
                "Empty: the model looks for itself.",
                group="Prompt",
            ),
            steps_parameter(50),
            guidance_parameter(4.0),
        ),
        wording=("{prompt}.",),
        windows=Windows(length=None),
        sizes=MiGan.card.sizes,
        memory_bytes=5700 * MEGABYTE,
    )
    kind = "QwenImageLayeredPipeline"
    parts = ("tokenizer", "processor", "text_encoder", "transformer", "vae", "scheduler")

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block, and the autoencoder's for a layer; or MI-GAN's, which is at work after them."""
        says = checkpoint.part("transformer").configuration
        width = int(says["num_attention_heads"]) * int(says["attention_head_dim"])
        # What it is shown, what all layers make together, and the layers.
        tokens = (_MOST + 3) * _PIXELS // _SQUARE**2 + _WORDS
        block = tokens * width * (12 + 2 * 4) * (2 if fit.half else 4)
        base = int(checkpoint.part("vae").configuration["base_dim"])
        coder = 3 * 2 * base * (TILE**2 if fit.tiled else _PIXELS) * 4
        return max(block, coder, MiGan.card.memory_bytes)

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        super().load(weights, device)
        # A layer at a time: the same pixels, in as much less memory as there are layers.
        self.pipeline.whole.vae.enable_slicing()
        self._filler = MiGan()
        self._filler.load(weights, device)

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        """As MI-GAN does it."""
        return self._filler.run(picture, hole, parameters, seed, steps, wanted)

    def grouped(
        self, picture: Tensor, most: int, parameters: Mapping[str, Value], seed: int, number: int, steps: Steps
    ) -> Sequence[Tensor]:
        """What shows of each painted layer but the backmost, at the size at which it was painted."""
        layers = min(most, _MOST) + 1
        guidance = float(cast(float, parameters["guidance"]))
        # Its scheduler may stretch levels towards an end, which a single one has not.
        count = max(int(cast(int, parameters["steps"])), 2)
        with self.pipeline.running(steps) as pipe:
            small = _sized(picture)
            plate = _latents(pipe, small)
            said = self.prompt(parameters) or _described(pipe, small)
            first = placed_noise(seed, range(layers + 1), (plate.shape[1], *plate.shape[3:]))
            # What it makes of its own copy of the picture, in 8 bits, is not used, but for its proportions.
            pipe._encode_vae_image = lambda image, generator: plate.to(image)
            painted = pipe(
                image=picture_of(picture),
                # Without one it would describe the picture again.
                prompt=said,
                prompt_embeds=self.encoded((said,), lambda: _understood(pipe, said)),
                negative_prompt_embeds=self.encoded((" ",), lambda: _understood(pipe, " ")) if guidance > 1 else None,
                true_cfg_scale=guidance,
                cfg_normalize=True,
                layers=layers,
                resolution=_RESOLUTION,
                num_inference_steps=count,
                latents=_packed(pipe, first),
                output_type="np",
                **self.pipeline.told(
                    Span(steps, 0.05, 0.95), count, _watched(pipe, first, plate, small, number, steps)
                ),
            ).images[0]
        alphas = [np.asarray(layer[..., 3], np.float32) for layer in painted]
        return [np.ascontiguousarray(alpha) for alpha in shown(alphas)[1:]]


def _sized(picture: Tensor) -> Tensor:
    """As large as the pipeline paints a picture of these proportions."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as theirs

    height, width = picture.shape[:2]
    sized: Tensor = resize(picture, *qwen_size(theirs, _PIXELS, width, height), Nature.COLOUR).clip(0, 1)
    return sized


def _latents(pipe: Any, picture: Tensor) -> torch.Tensor:
    """An opaque picture's, as the network's training had them, on the processor, [1, channels, 1, rows, columns]."""
    import torch

    planes = stacked([picture])
    opaque = torch.cat([planes, torch.ones_like(planes[:, :1])], dim=1)[:, :, None]
    given = (opaque * 2 - 1).to(working_device(pipe.vae), pipe.vae.dtype)
    latents: torch.Tensor = pipe._encode_vae_image(given, None).float().cpu()
    return latents


def _packed(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
    """Layers [1, channels, layers, rows, columns] as the row of tokens that the pipeline makes of them."""
    _, channels, layers, rows, columns = latents.shape
    packed: torch.Tensor = pipe._pack_latents(latents.transpose(1, 2).contiguous(), 1, channels, rows, columns, layers)
    return packed


def _described(pipe: Any, picture: Tensor) -> str:
    """What the pipeline's language model says of a picture. It always says the same."""
    given = pipe.processor(text=[pipe.image_caption_prompt_en], images=[picture_of(picture)])
    given = given.to(pipe._execution_device)
    told = pipe.text_encoder.generate(**given, max_new_tokens=_WORDS, do_sample=False)
    said: str = pipe.tokenizer.decode(told[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    # For nothing the pipeline would ask once more.
    return said.strip() or "A picture."


def _understood(pipe: Any, said: str) -> torch.Tensor:
    """A prompt, encoded in the type in which the network computes: one kept in 8 bits says those are its own."""
    embeddings: torch.Tensor = pipe._get_qwen_prompt_embeds(said, pipe._execution_device, pipe.transformer.dtype)[0]
    return embeddings


def _watched(pipe: Any, first: torch.Tensor, plate: torch.Tensor, picture: Tensor, number: int, steps: Steps) -> Shown:
    """Shows the layers beside each other after each step; a run began with the latents `first`."""
    look, before = Look.fitted(plate[0, :, 0], picture), first
    height, width = picture.shape[:2]

    def watched(latents: torch.Tensor, _fraction: float) -> None:
        nonlocal before
        now = pipe._unpack_latents(latents.float().cpu(), height, width, first.shape[2] - 1, pipe.vae_scale_factor)
        # The first is what all of them make together.
        each = ahead(pipe.scheduler, before, now)[0].unbind(1)[1:]
        steps.preview(number, np.hstack([look.of(layer) for layer in each]))
        before = now

    return watched
