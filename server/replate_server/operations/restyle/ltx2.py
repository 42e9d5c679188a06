"""LTX-2.3 with its HDR adapter: a clip's light painted anew, far above white.

HaCohen et al., "LTX-2: Efficient Joint Audio-Visual Foundation Model", arXiv 2601.03233, 2026; on light in a log curve
"LumiVid", arXiv 2604.11788, 2026. Its light is linear Rec.709 in ARRI's LogC3, with the camera's primaries left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from replate.errors import Unmet
from replate.values import Parameter, ParameterType, Preset, Value
from replate_server.darkroom import logc
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.noise import placed_noise, seeded
from replate_server.operations.diffusion.prompts import DESCRIBED, KEEP, LORAS, PROMPT, steps_parameter
from replate_server.operations.restyle.ltx import RATE, Ltx, levels, plain
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.restyle.reel import SQUARE, Reel, decoded, encoded, tokens
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.resolution import RESOLUTION
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    import torch

_SCENE = "scene-emb"
"""In the name of the file with what the light's training was told instead of a prompt."""

_CONTROL_SCALE = Parameter(
    "control_scale",
    "Led how strongly",
    ParameterType.REAL,
    1.0,
    "How clearly the model sees the plate beside what it paints: 1 keeps its content, less leaves more to the prompt.",
    0.0,
    1.0,
    group="Model",
)
_MEANT: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "adhere": ("The plate's light, with a little more in its highlights.", {"strength": 0.4, "keep_colour": False}),
    "flex": ("Its highlights painted anew, over light that is the plate's.", {"strength": 0.7, "keep_colour": False}),
    "reimagine": ("All light painted anew: the plate gives the content.", {"strength": 1.0, "keep_colour": False}),
}


class Ltx2Hdr(Ltx):
    card = Card(
        name="restyle/ltx2-hdr",
        label="LTX-2.3 HDR",
        tooltip="Paints a shot's light anew, far above white, in linear float: lamps, skies and glints that clipped.",
        revision="1",
        licence="LicenseRef-LTX-2-Community",
        weights=("ltx2", "ltx2-hdr-lora"),
        parameters=(PROMPT, KEEP, steps_parameter(8), LORAS, RESOLUTION, _CONTROL_SCALE),
        presets=tuple(Preset(one.name, one.label, *_MEANT[one.name]) for one in PRESETS),
        wording=DESCRIBED,
        windows=Windows(length=None),
        # Its autoencoder reflects a picture at its edges: there must be two latents to a side.
        sizes=Sizes(multiple=SQUARE, minimum=2 * SQUARE),
        memory_bytes=15_000 * MEGABYTE,
    )
    kind = "LTX2HDRPipeline"
    parts = (
        "tokenizer", "text_encoder", "connectors", "transformer", "vae", "audio_vae", "vocoder", "scheduler"
    )  # fmt: skip
    times = 2
    light = logc.BRIGHTEST

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        super().load(weights, device)
        files = sorted(weights[self.card.weights[1]].glob("*.safetensors"))
        self._scene = next((file for file in files if _SCENE in file.name), None)
        self._lora = next((file for file in files if file != self._scene), None)
        if self._lora is None:
            raise Unmet("The folder ltx2-hdr-lora has no LoRA in it: pull it again.")

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        noises = levels(parameters)
        worn = (Lora(cast(Path, self._lora), 1.0), *take.loras)
        with self.pipeline.running(steps, worn, plain(self.pipeline.whole.scheduler)) as pipe:
            video, audio = self._told(parameters, pipe)
            reel = Reel.of(pipe.vae, take, seed, noises[0], _coded, logc.unlogged)
            seen = encoded(pipe.vae, [_camera(picture) for picture in take.pictures])
            clearly = float(cast(float, parameters["control_scale"]))
            pipe.prepare_latents = lambda *_, device, **__: _laid_out(
                pipe, reel, seen, clearly, noises[0], seed, device
            )
            height, width = take.size
            latents = pipe(
                connector_video_embeds=video,
                connector_audio_embeds=audio,
                height=height,
                width=width,
                num_frames=len(take.numbers),
                frame_rate=RATE,
                sigmas=noises,
                num_inference_steps=len(noises),
                generator=seeded(seed, "sound", take.place),
                output_type="latent",
                **self.pipeline.told(Span(steps, 0.05, 0.9), len(noises), reel.shown(pipe.scheduler, steps, 0)),
            ).frames
            codes = decoded(pipe.vae, latents, seed, take.place)
        return [code / np.float32(logc.REACH) for code in codes]

    def _told(self, parameters: Mapping[str, Value], pipe: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network is told for its pictures and for its sound; without a prompt what its training was told."""
        said = self.prompt(parameters)

        def encode() -> tuple[torch.Tensor, torch.Tensor]:
            if not said and self._scene is not None:
                from safetensors.torch import load_file

                scene = load_file(self._scene)
                return scene["video_context"], scene["audio_context"]
            wanted, mask, *_ = pipe.encode_prompt(said, None, False, dtype=pipe.transformer.dtype)
            video, audio, _ = pipe.connectors(wanted, mask, padding_side=pipe.tokenizer_padding_side)
            return video, audio

        found: tuple[torch.Tensor, torch.Tensor] = self.encoded((said,), encode)
        return found


def _laid_out(
    pipe: Any, reel: Reel, seen: torch.Tensor, clearly: float, noise: float, seed: int, device: Any
) -> tuple[Any, ...]:
    """What `LTX2HDRPipeline.prepare_latents` gives: tokens, how clean they are, what they are when clean, where those
    are that come after the clip's own, how many those are, and nothing."""
    import torch

    share = (1 - clearly) * noise
    places = (f"seen {index}" for index in range(seen.shape[2]))
    dim = (1 - share) * seen + share * placed_noise(seed, places, (seen.shape[1], *seen.shape[3:]))
    keys = [key for _, key in reel.keys]
    begun = [reel.begun, *keys, dim]
    clean = [reel.held, *(torch.ones_like(key[:, :1]) for key in keys), torch.full_like(seen[:, :1], clearly)]
    where = []
    for index, key in reel.keys:
        place = pipe.transformer.rope.prepare_video_coords(1, *key.shape[2:], device, fps=RATE)
        place[:, 0, :, 0], place[:, 0, :, 1] = index / RATE, (index + 1) / RATE
        where.append(place)
    where.append(pipe.transformer.rope.prepare_video_coords(1, *seen.shape[2:], device, fps=RATE))
    return (
        torch.cat([tokens(one) for one in begun], dim=1).to(device),
        torch.cat([tokens(one) for one in clean], dim=1).to(device),
        torch.cat([tokens(one) for one in (reel.begun, *keys, seen)], dim=1).to(device),
        torch.cat(where, dim=2),
        sum(one[0, 0].numel() for one in begun[1:]),
        None,
    )


def _coded(picture: Tensor) -> Tensor:
    """A take's picture as the network knows light."""
    code: Tensor = (picture * np.float32(logc.REACH)).clip(0, 1)
    return code


def _camera(picture: Tensor) -> Tensor:
    """A take's picture as a camera would have shown it, encoded by IEC 61966-2-1, its highlights clipped: what the
    network is taught to find the light of."""
    linear = logc.decode(picture * np.float32(logc.REACH)).clip(0, 1)
    shown: Tensor = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** np.float32(1 / 2.4) - 0.055)
    return shown
