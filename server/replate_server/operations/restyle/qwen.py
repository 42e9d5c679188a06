"""Qwen-Image-Edit: a frame edited as it is told, by a model that looks at it before.

Wu et al., "Qwen-Image Technical Report", arXiv 2508.02324, 2025.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from replate.values import Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.pictures import picture_of, stacked
from replate_server.operations.diffusion.prompts import (
    AVOID,
    INSTRUCTED,
    KEEP,
    LORAS,
    PROMPT,
    guidance_parameter,
    steps_parameter,
)
from replate_server.operations.diffusion.qwen import qwen_size
from replate_server.operations.diffusion.strength import first_noise, levels
from replate_server.operations.diffusion.tokens import begun, ground, packed
from replate_server.operations.diffusion.tokens import shown as looked_at
from replate_server.operations.restyle.editing import CONTROL, PRESETS, shown
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

_PIXELS = 1024 * 1024
_SQUARE = 16
"""Pixels along a side of what one token is of."""
_WORDS = 1024
"""Tokens of a prompt, the pictures that it speaks of included."""
_PICTURES = 3
"""That a frame is edited by at the most, itself included."""


class QwenEdit(Hosted):
    card = Card(
        name="restyle/qwen-edit",
        label="Qwen Image Edit",
        tooltip="Edits frames as it is told, understands long instructions, and takes the manner of a style picture.",
        revision="1",
        licence="Apache-2.0",
        weights=("qwen-image-edit",),
        parameters=(PROMPT, KEEP, AVOID, steps_parameter(40), guidance_parameter(4.0), LORAS, CONTROL),
        presets=PRESETS,
        wording=INSTRUCTED,
        # The pipeline shows the network its references at multiples of this.
        sizes=Sizes(multiple=32, minimum=32),
        memory_bytes=5300 * MEGABYTE,
    )
    kind = "QwenImageEditPlusPipeline"
    parts = ("tokenizer", "processor", "text_encoder", "transformer", "vae", "scheduler")
    frames = 1
    overlap = 0
    stride = 1

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return _PIXELS

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block, and the autoencoder's at its full size, as both networks are written."""
        says = checkpoint.part("transformer").configuration
        width = int(says["num_attention_heads"]) * int(says["attention_head_dim"])
        tokens = (1 + _PICTURES) * _PIXELS // _SQUARE**2 + _WORDS
        block = tokens * width * (12 + 2 * 4) * (2 if fit.half else 4)
        base = int(checkpoint.part("vae").configuration["base_dim"])
        return max(block, 3 * 2 * base * (256**2 if fit.tiled else _PIXELS) * 4)

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        if 0 in take.known:
            return [take.known[0]]
        seen = shown(take, cast(str, parameters["control"]), "Picture")
        guidance = float(cast(float, parameters["guidance"]))
        height, width = take.size
        picture = _sized(take.pictures[0])
        # Its scheduler stretches levels towards an end, which a single one has not.
        noises = levels(max(int(cast(int, parameters["steps"])), 2), float(cast(float, parameters["strength"])))
        with self.pipeline.running(steps, take.loras) as pipe:
            _widen(pipe)
            pictures = [picture_of(one) for one in seen.pictures]
            wanted = _understood(pipe, f"{self.prompt(parameters)} {seen.said}".strip(), pictures)
            unwanted = _understood(pipe, str(parameters["avoid"]) or " ", pictures) if guidance > 1 else None
            matte = None
            if take.mattes is not None:
                matte = resize(take.mattes[0], picture.shape[1], picture.shape[0], Nature.MATTE)
            on = ground(_tokens(pipe, picture), picture, matte, take.place, seed)
            shift = _shift(pipe.scheduler, picture.shape[0] * picture.shape[1] // _SQUARE**2)
            first = begun(on, first_noise(pipe.scheduler, sigmas=noises, mu=shift))
            made = pipe(
                image=pictures,
                prompt_embeds=wanted,
                negative_prompt_embeds=unwanted,
                true_cfg_scale=guidance,
                height=picture.shape[0],
                width=picture.shape[1],
                num_inference_steps=len(noises),
                sigmas=noises,
                latents=packed(first),
                output_type="np",
                **self.pipeline.told(
                    Span(steps, 0.05, 0.95), len(noises), looked_at(on, pipe, first, take.numbers[0], steps)
                ),
            ).images[0]
        return [np.ascontiguousarray(resize(made, width, height, Nature.COLOUR), np.float32)]


def _sized(picture: Tensor) -> Tensor:
    """As large as the pipeline makes its references, whatever their size: where the two are not alike, what is painted
    does not lie where it was."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as theirs

    height, width = picture.shape[:2]
    sized: Tensor = resize(picture, *qwen_size(theirs, theirs.VAE_IMAGE_SIZE, width, height), Nature.COLOUR)
    return sized


def _understood(pipe: Any, said: str, pictures: Sequence[Any]) -> torch.Tensor:
    """A prompt and the PIL pictures that it speaks of, encoded.

    As the pipeline does it, but for what kind each token is of: the network that the library has now does without, and
    then takes pictures for text.
    """
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as theirs

    small = []
    for one in pictures:
        width, height = qwen_size(theirs, theirs.CONDITION_IMAGE_SIZE, one.width, one.height)
        small.append(pipe.image_processor.resize(one, height, width))
    named = "".join(
        f"Picture {index}: <|vision_start|><|image_pad|><|vision_end|>" for index in range(1, len(small) + 1)
    )
    given = pipe.processor(text=[pipe.prompt_template_encode.format(named + said)], images=small)
    # The words that come next are of no use.
    understood = pipe.text_encoder(**given.to(pipe._execution_device), output_hidden_states=True, logits_to_keep=1)
    hidden: torch.Tensor = understood.hidden_states[-1][:, pipe.prompt_template_encode_start_idx :]
    # Its own type would be the 8 bits in which it may be kept.
    return hidden.to(pipe.transformer.dtype)


def _widen(pipe: Any) -> None:
    """Has a run's references encoded in the autoencoder's own type: the pipeline would give it the network's."""
    encode = pipe._encode_vae_image

    def encoded(image: torch.Tensor, generator: Any) -> torch.Tensor:
        latents: torch.Tensor = encode(image.to(pipe.vae.dtype), generator)
        return latents.to(image.dtype)

    pipe._encode_vae_image = encoded


def _tokens(pipe: Any, picture: Tensor) -> torch.Tensor:
    """A picture's tokens, as the network's training had them, on the processor, [1, channels, rows, columns]."""
    given = (stacked([picture])[:, :, None] * 2 - 1).to(working_device(pipe.vae), pipe.vae.dtype)
    latents = pipe._encode_vae_image(given, None).float().cpu()
    _, channels, _, height, width = latents.shape
    row: torch.Tensor = pipe._pack_latents(latents, 1, channels, height, width)
    return row.transpose(1, 2).reshape(1, -1, height // 2, width // 2)


def _shift(scheduler: Any, tokens: int) -> float:
    """How the pipeline has noise levels shifted for a picture of so many tokens."""
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import calculate_shift

    says = scheduler.config
    shift: float = calculate_shift(
        tokens,
        says.get("base_image_seq_len", 256),
        says.get("max_image_seq_len", 4096),
        says.get("base_shift", 0.5),
        says.get("max_shift", 1.15),
    )
    return shift
