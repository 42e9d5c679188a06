"""Stable Diffusion XL is held by depth and edges, stays in its matte, and goes from the plate to elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, DDIMScheduler, StableDiffusionXLControlNetImg2ImgPipeline

from replate.errors import BadRequest, Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.layers import by_layers
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.restyle.controls import depth_of, edges_of
from replate_server.operations.restyle.repainting import Repainter, Take
from replate_server.operations.restyle.sdxl import Sdxl
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora

DEPTH = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(64, 96)


@pytest.fixture(scope="module")
def model(sdxl: Mapping[str, Path]) -> Sdxl:
    made = Sdxl()
    made.load(sdxl, "cpu")
    return made


@pytest.fixture(scope="module")
def plate() -> Any:
    """[64, 96, 3]."""
    return np.random.default_rng(7).random((4, 6, 3)).repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def painted(model: Sdxl, plate: Any, *, seed: int = 5, told: Any = None, take: Any = (), **given: Value) -> Any:
    one = Take(**{"numbers": (1001,), "place": 0, "pictures": [plate], "depths": [DEPTH], **dict(take)})
    (made,) = model.repaint(one, asked(model, {"prompt": "night", "steps": 3, **given}), seed, told or Recorder())
    assert made.shape == plate.shape and made.dtype == np.float32
    return made


def test_its_pictures_are_the_librarys(model: Sdxl, sdxl: Mapping[str, Path], plate: Any) -> None:
    nets = [ControlNetModel.from_pretrained(sdxl[f"sdxl-controlnet-{kind}"]) for kind in ("depth", "canny")]
    theirs = StableDiffusionXLControlNetImg2ImgPipeline.from_pretrained(
        sdxl["sdxl"], controlnet=nets, add_watermarker=False
    )
    theirs.set_progress_bar_config(disable=True)
    theirs.scheduler.set_timesteps(3)
    noise = placed_noise(5, ["0"], (4, 8, 12))[:, :, 0] * theirs.scheduler.init_noise_sigma
    wanted = theirs(
        "night.", image=stacked([plate]), control_image=[stacked([depth_of(DEPTH)]), stacked([edges_of(plate)])],
        controlnet_conditioning_scale=[0.5, 0.5], strength=1.0, num_inference_steps=3, guidance_scale=6.0,
        original_size=(837, 1255), target_size=(64, 96), latents=noise, output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(painted(model, plate) - wanted).max() < 1e-4


def test_all_that_it_is_shown_and_told_matters(model: Sdxl, plate: Any) -> None:
    assert isinstance(model, Repainter)
    made = [
        painted(model, plate),
        painted(model, plate, prompt="day"),
        painted(model, plate, keep="the wall"),
        painted(model, plate, avoid="rain"),
        painted(model, plate, guidance=1.0),
        painted(model, plate, seed=6),
        painted(model, plate, strength=0.5),
        painted(model, plate, take={"depths": [DEPTH[::-1]]}),
        painted(model, plate, depth_scale=0.0),
        painted(model, plate, edge_scale=0.0),
        painted(model, plate, depth_scale=0.0, edge_scale=0.0),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, plate))
    assert np.array_equal(made[8], painted(model, plate, take={"depths": None}))
    assert np.array_equal(made[10], painted(model, plate[::-1].copy(), take={"depths": None}, edge_scale=0.0))


def test_what_it_does_not_see_or_hear_is_said(model: Sdxl, plate: Any) -> None:
    steps = Recorder()
    seen = painted(model, plate, told=steps, take={"style": plate})
    assert np.array_equal(seen, painted(model, plate)) and "does not see the style" in steps.warnings[0]
    steps = Recorder()
    painted(model, plate, told=steps, prompt="a very long story of rain " * 10)
    assert "hears the first 50 words or so" in steps.warnings[0]


def test_strength_goes_from_the_plate_to_elsewhere(model: Sdxl, plate: Any) -> None:
    full, nothing = painted(model, plate, steps=20), painted(model, plate, steps=20, strength=0.01)
    between = [painted(model, plate, steps=20, strength=strength) for strength in (0.2, 0.5, 0.8)]
    come = [np.abs(one - nothing).mean() for one in (*between, full)]
    assert come == sorted(come)


def test_another_scheduler_goes_there_as_well(sdxl: Mapping[str, Path], plate: Any) -> None:
    model = Sdxl()
    model.load(sdxl, "cpu")
    model.pipeline.whole.scheduler = DDIMScheduler.from_config(model.pipeline.whole.scheduler.config)
    closed = np.zeros((64, 96), np.float32)
    kept = painted(model, plate, take={"mattes": [closed]}, strength=0.7)
    assert np.array_equal(kept, painted(model, plate, take={"mattes": [closed]}, strength=0.3, prompt="day"))
    assert not np.array_equal(kept, painted(model, plate, strength=0.7))


def test_a_matte_limits_what_is_painted(model: Sdxl, plate: Any) -> None:
    closed, line = np.zeros((64, 96), np.float32), np.zeros((64, 96), np.float32)
    line[:, 40] = 0.01
    nothing, some = (painted(model, plate, take={"mattes": [matte]}) for matte in (closed, line))
    assert np.array_equal(nothing, painted(model, plate, seed=6, prompt="day", take={"mattes": [closed]}))
    assert not np.array_equal(some, nothing) and not np.array_equal(some, painted(model, plate))


def test_a_finished_frame_stays_as_it_is(model: Sdxl, plate: Any) -> None:
    assert np.array_equal(painted(model, plate, take={"known": {0: plate[::-1]}}), plate[::-1])


def test_it_is_cancelled_in_the_middle_of_a_step(model: Sdxl, plate: Any) -> None:
    before, steps = Recorder(), Interrupting(in_second=True)
    wanted = painted(model, plate, told=before)
    assert [number for number, _ in before.previews] == [1001] * 3
    with pytest.raises(Cancelled):
        painted(model, plate, told=steps)
    assert len(steps.previews) == 1
    assert np.array_equal(wanted, painted(model, plate))


def test_previews_show_where_it_is_going(model: Sdxl, plate: Any) -> None:
    """Not the noise that is still there."""
    steps = Recorder()
    painted(model, plate, told=steps, take={"mattes": [np.ones((64, 96), np.float32)]}, strength=0.6)
    first, last = steps.previews[0][1], steps.previews[-1][1]
    assert first.shape == (8, 12, 3) and np.abs(first - last).mean() < 0.2


def test_loras_change_the_painter_and_what_it_hears(model: Sdxl, plate: Any, tmp_path: Path) -> None:
    bare = painted(model, plate)
    at = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    for layer in ((at, 16, 16), ("text_encoder.text_model.encoder.layers.0.self_attn.q_proj", 16, 16)):
        file = lora(tmp_path, layer[0].split(".")[0], layer, 1)
        worn, weak = (painted(model, plate, take={"loras": (Lora(file, strength),)}) for strength in (1.0, 0.1))
        assert 0 < np.abs(weak - bare).mean() < np.abs(worn - bare).mean()
        assert np.array_equal(bare, painted(model, plate))


def test_a_lora_of_another_model_is_refused(model: Sdxl, plate: Any, tmp_path: Path) -> None:
    bare = painted(model, plate)
    file = lora(tmp_path, "other", ("unet.no_such_layer", 7, 7), 1)
    with pytest.raises(BadRequest, match="The LoRA other does not fit this model"):
        painted(model, plate, take={"loras": (Lora(file, 1.0),)})
    assert np.array_equal(bare, painted(model, plate))


def test_each_way_takes_less_and_paints_alike(sdxl: Mapping[str, Path], plate: Any) -> None:
    ways = Sdxl().ways(sdxl, "cpu")
    assert [way.memory_bytes for way in ways] == sorted((way.memory_bytes for way in ways), reverse=True)
    results = []
    for way in ways:
        model = Sdxl()
        model.choose(way)
        model.load(sdxl, "cpu")
        results.append(painted(model, plate, strength=0.5))
        kept = {tensor.dtype for tensor in model.pipeline.whole.controlnet.parameters()}
        assert (torch.float8_e4m3fn in kept) == (way == ways[-1])
    # Each tile of the tiny autoencoder is normalised by itself, of its few pixels.
    assert np.abs(results[1] - results[0]).mean() < 0.1
    differences = [np.abs(result - results[1]).mean() for result in results[2:]]
    assert differences[0] > 0 and max(differences) < 0.03


def test_layers_that_come_and_go_paint_alike(sdxl: Mapping[str, Path], plate: Any) -> None:
    model = Sdxl()
    model.load(sdxl, "cpu")
    wanted = painted(model, plate)
    by_layers(model.pipeline.whole.components, ("vae",), "cpu")
    assert np.array_equal(wanted, painted(model, plate))


def test_on_a_gpu_what_leads_is_counted_with_the_painter(sdxl: Mapping[str, Path]) -> None:
    model = Sdxl()
    whole, turns, *_ = model.ways(sdxl, "cuda:0")
    numbers = {name: part.numbers for name, part in model._checkpoint(sdxl).parts.items()}
    leading = sum(count for name, count in numbers.items() if name.startswith("controlnet"))
    resting = numbers["text_encoder"] + numbers["text_encoder_2"]
    assert 0 < leading < sum(numbers.values())
    assert whole.memory_bytes - turns.memory_bytes == 2 * resting
