"""Z-Image-Turbo with its union ControlNet: what its models have in common.

Z-Image Team, "Z-Image: An Efficient Image Generation Foundation Model with Single-Stream Diffusion Transformer", arXiv
2511.22699, 2025; the ControlNet is VideoX-Fun's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.diffusion.checkpoint import Checkpoint
from replate_server.operations.diffusion.fitting import TILE, Fit
from replate_server.operations.diffusion.hosted import Hosted
from replate_server.operations.diffusion.latents import Ground, encoded
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.diffusion.strength import levels
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

SQUARE = 16
"""Pixels along a side of what one token is of."""
PIXELS = 1024 * 1024
"""How many it is good at."""
STEPS = 8
"""That it was taught to take."""

_WORDS = 512
"""Tokens of a prompt."""

Context = Callable[["torch.Tensor"], "torch.Tensor"]
"""What the ControlNet is shown in a run, of what the pipeline would show it. [1, channels, 1, rows, columns]: a
picture's latents, 1 where the picture is known, and the latents of what is."""

_contexts: list[Context] = []
"""Of the runs that are under way, one within another's step; the innermost is last."""
_MARK = "_replate_led"


class ZImage(Hosted):
    kind = "ZImageControlNetPipeline"
    parts = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")
    beside: ClassVar[Mapping[str, str]] = {"controlnet": "z-image-turbo-controlnet"}

    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """The tensors of one block and the hints of the ControlNet's, and the autoencoder's at its full size."""
        width = int(checkpoint.part("transformer").configuration["dim"])
        hints = len(checkpoint.part("controlnet").configuration["control_layers_places"])
        tokens = PIXELS // SQUARE**2 + _WORDS
        block = tokens * width * (12 + 2 * 3 + 2 * hints) * (2 if fit.half else 4)
        coder = checkpoint.part("vae").configuration
        base = int(coder["block_out_channels"][0])
        return max(block, 3 * 2 * base * (TILE**2 if fit.tiled else PIXELS) * 4)

    def assembled(self, made: Mapping[str, Any]) -> Mapping[str, Any]:
        _lead(made["controlnet"])
        return made

    def painted(
        self,
        picture: Tensor,
        control: Tensor | None,
        scale: float,
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
        """A picture [height, width, 3] in [0,1] as it becomes by what is `said` of it, in `count` steps.

        It begins from the picture by `strength`, and is led by a `control` picture by `scale`. Where there is a matte
        [height, width] only what it covers is painted, and fits what is around. Noise is that of the seed and the
        `place`; `number` is the frame that is shown as it comes.
        """
        height, width = picture.shape[:2]
        with self.pipeline.running(steps, loras) as pipe:
            ground = Ground.of(pipe.vae, picture, matte, place, seed)
            # Noise that is shifted by a fixed amount, as this model's is, leaves `mu` unused; its pipeline gives one.
            noises = levels(count, strength)
            pipe.scheduler.set_timesteps(sigmas=noises, mu=_shift(pipe.scheduler, height, width))

            def noisy(taken: int) -> torch.Tensor:
                share = float(pipe.scheduler.sigmas[taken])
                return (1 - share) * ground.plate + share * ground.noise

            begun = noisy(0)
            shown = picture if control is None else control
            with _showing(_context(pipe, ground, led=control is not None)):
                made = pipe(
                    prompt_embeds=self.encoded((said,), lambda: pipe.encode_prompt(said, None, False)[0]),
                    control_image=stacked([shown]) * 2 - 1,
                    controlnet_conditioning_scale=scale if control is not None or matte is not None else 0.0,
                    height=height,
                    width=width,
                    sigmas=noises,
                    num_inference_steps=len(noises),
                    # One that takes few steps was taught to do without.
                    guidance_scale=0.0,
                    latents=begun.to(pipe._execution_device),
                    output_type="np",
                    **self.pipeline.told(
                        Span(steps, 0.05, 0.95),
                        len(noises),
                        ground.shown(pipe.scheduler, begun, noisy, number, steps),
                    ),
                ).images[0]
        return np.ascontiguousarray(made, np.float32)


@contextmanager
def _showing(context: Context) -> Iterator[None]:
    """What the ControlNet is shown, in the block."""
    _contexts.append(context)
    try:
        yield
    finally:
        _contexts.pop()


def _context(pipe: Any, ground: Ground, led: bool) -> Context:
    """Of the picture that is not painted the ControlNet sees what is known, as it was taught to; the library's own
    pipeline has no way to leave out the rest."""
    import torch

    known = 1 - ground.painted
    channels = ground.plate.shape[1]
    fits = pipe.controlnet.config.control_in_dim == 2 * channels + 1
    dtype = pipe.transformer.dtype
    around: torch.Tensor | None = None
    if ground.matte is not None and fits:
        hole = (ground.matte > 0)[..., None]
        # Grey is the network's nothing.
        around = torch.cat([known, encoded(pipe.vae, np.where(hole, np.float32(0.5), ground.picture))], dim=1)[
            :, :, None
        ]

    def context(given: torch.Tensor) -> torch.Tensor:
        shown = given.clone()
        if not led:
            shown[:, :channels] = 0
        if around is not None:
            shown[:, channels:] = around.to(shown)
        return shown.to(dtype)

    return context


def _lead(network: Any) -> None:
    """Has a ControlNet work by the innermost context, and not at all where its scale is 0."""
    if hasattr(network, _MARK):
        return
    setattr(network, _MARK, True)
    forward = network.forward

    def led(latents: Any, time: Any, words: Any, control: Any, conditioning_scale: float = 1.0) -> Any:
        if not conditioning_scale:
            return None
        return forward(latents, time, words, _contexts[-1](control), conditioning_scale=conditioning_scale)

    network.forward = led


def _shift(scheduler: Any, height: int, width: int) -> float:
    """How the pipeline has noise levels shifted for a picture of this size, where it depends on it."""
    from diffusers.pipelines.z_image.pipeline_z_image_controlnet import calculate_shift

    says = scheduler.config
    shift: float = calculate_shift(
        height // SQUARE * (width // SQUARE),
        says.get("base_image_seq_len", 256),
        says.get("max_image_seq_len", 4096),
        says.get("base_shift", 0.5),
        says.get("max_shift", 1.15),
    )
    return shift
