"""Stable Diffusion's upscaler, tiny and random: hosted as it is, without seams, and the same wherever it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMScheduler,
    StableDiffusionUpscalePipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from replate.errors import Cancelled
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.compliance import Recorder, check_model
from replate_server.operations.parameters import check_parameters
from replate_server.operations.upscale import sd_x4
from replate_server.operations.upscale.clip import Clip
from replate_server.operations.upscale.operation import Upscale
from replate_server.operations.upscale.sd_x4 import StableDiffusionX4
from server.operations.diffusion.checkpoints import tokenizer

_WIDTH = 16


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the library writes it, 0.3 MB."""
    torch.manual_seed(9)
    words = CLIPTextConfig(
        vocab_size=60,
        hidden_size=_WIDTH,
        intermediate_size=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    spelling = tokenizer()
    spelling.model_max_length = words.max_position_embeddings
    unet = UNet2DConditionModel(
        in_channels=7,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        cross_attention_dim=_WIDTH,
        norm_num_groups=4,
        num_class_embeds=1000,
    )
    autoencoder = AutoencoderKL(
        block_out_channels=(8, 8, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        norm_num_groups=4,
        scaling_factor=0.08333,
    )
    folder = tmp_path_factory.mktemp("sd-x4")
    StableDiffusionUpscalePipeline(
        vae=autoencoder,
        text_encoder=CLIPTextModel(words),
        tokenizer=spelling,
        unet=unet,
        low_res_scheduler=DDPMScheduler(beta_schedule="scaled_linear"),
        scheduler=DDIMScheduler(prediction_type="v_prediction", clip_sample=False),
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> StableDiffusionX4:
    made = StableDiffusionX4()
    made.load({"sd-x4": checkpoint}, "cpu")
    return made


def asked(**given: Any) -> Mapping[str, Any]:
    return check_parameters(Upscale(), StableDiffusionX4.card, {"steps": 3, **given})


def picture(height: int = 40, width: int = 56) -> np.ndarray:
    coarse = np.random.default_rng(2).random((5, 7, 3), np.float32)
    return resize(coarse, width, height, Nature.COLOUR)


def clip(pictures: np.ndarray, corner: tuple[int, int] = (0, 0), seed: int = 1) -> Clip:
    return Clip(pictures[None], (1001,), range(1), corner, seed)


def drawn(model: StableDiffusionX4, of: Clip, steps: Recorder | None = None, **given: Any) -> np.ndarray:
    (made,) = model.enlarge(of, 4, asked(**given), steps or Recorder())
    return made


def test_it_complies(checkpoint: Path) -> None:
    card = StableDiffusionX4.card
    few = tuple(replace(one, default=1, maximum=2) if one.name == "steps" else one for one in card.parameters)
    quick = type("Quick", (StableDiffusionX4,), {"card": replace(card, parameters=few)})
    assert check_model(quick, {"sd-x4": checkpoint}) == []


def test_without_tiles_it_is_what_the_library_makes(
    model: StableDiffusionX4, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the same noise and prompts, before it is held to the plate."""
    monkeypatch.setattr(sd_x4, "agreeing", lambda large, plate: large)
    source, given = picture(), asked(prompt="a street", guidance=4.0)
    (ours,) = model.enlarge(clip(source), 4, given, Recorder())
    theirs = StableDiffusionUpscalePipeline.from_pretrained(checkpoint)
    theirs.set_progress_bar_config(disable=True)
    noise = sd_x4._noise(sd_x4.Box(0, 0, 56, 40), 1)
    monkeypatch.setattr(
        "diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_upscale.randn_tensor",
        lambda shape, **_: noise[:, 4:],
    )
    whole = theirs(
        prompt="a street.",
        image=torch.from_numpy(source).permute(2, 0, 1)[None] * 2 - 1,
        latents=noise[:, :4],
        num_inference_steps=3,
        guidance_scale=4.0,
        noise_level=20,
        output_type="latent",
    ).images
    picture_ = theirs.vae.decode(whole / 0.08333).sample[0].detach().permute(1, 2, 0).numpy() / 2 + 0.5
    assert np.allclose(ours, picture_, atol=1e-4)


def test_what_is_drawn_belongs_to_a_place_in_the_plate_whatever_its_window() -> None:
    wide = sd_x4._noise(sd_x4.Box(-70, -3, 200, 90), 7)
    part = sd_x4._noise(sd_x4.Box(-10, 20, 50, 40), 7)
    assert torch.equal(part, wide[:, :, 23:63, 60:110])
    assert not torch.equal(part, sd_x4._noise(sd_x4.Box(-10, 20, 50, 40), 8))
    assert abs(float(wide.std()) - 1) < 0.02


def test_tiles_do_not_seam(model: StableDiffusionX4, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the columns where tiles begin and end there is no more of a step than between any others."""
    monkeypatch.setattr(sd_x4, "_TILE", 32)
    monkeypatch.setattr(sd_x4, "_OVERLAP", 16)
    made = drawn(model, clip(picture(32, 96)))
    step = np.abs(np.diff(made, axis=1)).mean((0, 2))
    starts = [index * 16 for index in range(5)]
    seams = [4 * column for start in starts for column in (start, start + 4, start + 12, start + 16, start + 32)]
    inside = [column - 1 for column in set(seams) if 0 < column < 384]
    assert step[inside].mean() < 1.15 * step.mean()


def test_it_is_the_plate_averaged_back(model: StableDiffusionX4) -> None:
    source = picture()
    back = resize(drawn(model, clip(source)), 56, 40, Nature.COLOUR)
    assert np.abs(back - source).mean() < 0.03


def test_prompts_seeds_and_freedom_change_it(model: StableDiffusionX4) -> None:
    plain = drawn(model, clip(picture()))
    assert np.array_equal(plain, drawn(model, clip(picture())))
    for other in (
        drawn(model, clip(picture(), seed=2)),
        drawn(model, clip(picture()), prompt="night"),
        drawn(model, clip(picture()), avoid="blur"),
        drawn(model, clip(picture()), noise=200),
        drawn(model, clip(picture()), guidance=1.0),
    ):
        assert not np.array_equal(plain, other)


def test_it_is_cancelled_within_a_step(model: StableDiffusionX4) -> None:
    class Stopping(Recorder):
        def check(self) -> None:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        drawn(model, clip(picture()), Stopping())
