"""Qwen-Image-Edit sees the pictures that it is told of, and edits a frame between the plate and what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as theirs

from replate.errors import BadRequest, Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import picture_of
from replate_server.operations.restyle import qwen
from replate_server.operations.restyle.qwen import QwenEdit
from replate_server.operations.restyle.repainting import Repainter, Take
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora

NIGHT = {"prompt": "make it night", "keep": "the brick wall", "steps": 3}


@pytest.fixture(scope="module")
def model(qwen_edit: Path) -> QwenEdit:
    made = QwenEdit()
    made.load({"qwen-image-edit": qwen_edit}, "cpu")
    return made


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """References as large as the plate, and not a megapixel: the pipeline makes any picture so large."""
    monkeypatch.setattr(theirs, "VAE_IMAGE_SIZE", 64 * 96)
    monkeypatch.setattr(theirs, "CONDITION_IMAGE_SIZE", 64 * 96)


@pytest.fixture(scope="module")
def plate() -> Any:
    """[64, 96, 3]."""
    return np.random.default_rng(7).random((4, 6, 3)).repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def painted(model: QwenEdit, plate: Any, *, seed: int = 5, told: Any = None, take: Any = (), **given: Value) -> Any:
    one = Take(**{"numbers": (1001,), "place": 0, "pictures": [plate], **dict(take)})
    (made,) = model.repaint(one, asked(model, {**NIGHT, **given}), seed, told or Recorder())
    assert made.shape == plate.shape and made.dtype == np.float32
    return made


def test_a_picture_is_as_many_tokens_as_it_has(model: QwenEdit, plate: Any) -> None:
    assert isinstance(model, Repainter)
    processor = model.pipeline.whole.processor
    given = processor(text=["a <|image_pad|> b <|image_pad|>"], images=[picture_of(plate), picture_of(plate[:56, :56])])
    grids = given["image_grid_thw"]
    assert given["pixel_values"].shape == (int(grids.prod(dim=1).sum()), 3 * 2 * 14 * 14)
    assert int(given["mm_token_type_ids"].sum()) == int(grids.prod(dim=1).sum()) // 4
    # The first patch is the picture's corner, normalised as CLIP's pictures were.
    corner = given["pixel_values"][0].reshape(3, 2, 14, 14)[:, 0, 0, 0].numpy()
    mean, deviation = (np.array(each) for each in ((0.481, 0.458, 0.408), (0.269, 0.261, 0.276)))
    assert np.abs(corner * deviation + mean - plate[0, 0]).max() < 0.01


def test_what_it_understands_depends_on_where_things_are_in_the_picture(model: QwenEdit, plate: Any) -> None:
    """The pipeline's own way of asking the network leaves out which tokens are pictures."""
    pipe = model.pipeline.whole
    with torch.no_grad():
        ours = qwen._understood(pipe, "night", [picture_of(plate)])
        given = pipe.processor(
            text=[pipe.prompt_template_encode.format("Picture 1: <|vision_start|><|image_pad|><|vision_end|>night")],
            images=[picture_of(plate)],
        )
        hidden = [
            pipe.text_encoder(**{**given, "mm_token_type_ids": kinds}, output_hidden_states=True).hidden_states[-1]
            for kinds in (given["mm_token_type_ids"], None)
        ]
    assert torch.equal(ours, hidden[0][:, pipe.prompt_template_encode_start_idx :])
    assert not torch.allclose(hidden[0], hidden[1], atol=1e-5)


def test_its_pictures_are_the_librarys(model: QwenEdit, plate: Any) -> None:
    pipe = model.pipeline.whole
    noise = placed_noise(5, ["0"], (64, 4, 6))[:, :, 0]
    picture = picture_of(plate)
    with torch.no_grad():
        wanted, unwanted = (qwen._understood(pipe, said, [picture]) for said in (model.prompt(NIGHT), " "))
    expected = pipe(
        image=[picture], prompt_embeds=wanted, negative_prompt_embeds=unwanted, true_cfg_scale=4.0, height=64, width=96,
        num_inference_steps=3, latents=noise.flatten(2).transpose(1, 2), output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(painted(model, plate) - expected).max() < 1e-4


def test_all_that_it_is_shown_and_told_matters(model: QwenEdit, plate: Any) -> None:
    depth = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(64, 96)
    made = [
        painted(model, plate),
        painted(model, plate, prompt="make it day"),
        painted(model, plate, avoid="text"),
        painted(model, plate, guidance=1.0),
        painted(model, plate, seed=6),
        painted(model, plate, take={"style": plate[::-1, :64]}),
        painted(model, plate, control="edges"),
        painted(model, plate, control="depth", take={"depths": [depth]}),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, plate))
    with pytest.raises(BadRequest, match="needs a depth plate"):
        painted(model, plate, control="depth")


def test_strength_goes_from_the_plate_to_the_edit(model: QwenEdit, plate: Any) -> None:
    edit, nothing = painted(model, plate), painted(model, plate, strength=0.0)
    between = [painted(model, plate, strength=strength) for strength in (0.1, 0.4, 0.8)]
    come = [np.abs(one - nothing).mean() for one in (*between, edit)]
    assert come == sorted(come)


@pytest.mark.parametrize("given", [{"steps": 1}, {"strength": 0.001}, {"steps": 1, "strength": 0.5}])
def test_little_work_makes_a_picture_too(model: QwenEdit, plate: Any, given: dict[str, Value]) -> None:
    assert np.isfinite(painted(model, plate, **given)).all()


def test_a_matte_limits_what_is_painted(model: QwenEdit, plate: Any) -> None:
    closed, line = np.zeros((64, 96), np.float32), np.zeros((64, 96), np.float32)
    line[:, 40] = 0.01
    nothing, some = (painted(model, plate, take={"mattes": [matte]}) for matte in (closed, line))
    assert np.array_equal(nothing, painted(model, plate, seed=6, prompt="day", take={"mattes": [closed]}))
    changed = np.abs(some - nothing).mean(axis=(0, 2))
    # The autoencoder's attention reaches everywhere, and hardly shows.
    assert changed[32:48].min() > 2 * changed[80:].max()


def test_it_is_cancelled_in_the_middle_of_a_step(model: QwenEdit, plate: Any) -> None:
    before, steps = Recorder(), Interrupting(in_second=True)
    wanted = painted(model, plate, told=before)
    assert [number for number, _ in before.previews] == [1001] * 3
    with pytest.raises(Cancelled):
        painted(model, plate, told=steps)
    assert len(steps.previews) == 1
    assert np.array_equal(wanted, painted(model, plate))


def test_it_wears_loras(model: QwenEdit, plate: Any, tmp_path: Path) -> None:
    file = lora(tmp_path, "film", ("transformer.transformer_blocks.0.attn.to_q", 32, 32), 1)
    bare = painted(model, plate)
    assert not np.array_equal(bare, painted(model, plate, take={"loras": (Lora(file, 1.0),)}))
    assert np.array_equal(bare, painted(model, plate))


def test_each_way_paints_alike_and_the_autoencoder_stays_wide(qwen_edit: Path, model: QwenEdit, plate: Any) -> None:
    weights, wanted = {"qwen-image-edit": qwen_edit}, painted(model, plate)
    ways = QwenEdit().ways(weights, "cpu")
    assert [way.memory_bytes for way in ways] == sorted((way.memory_bytes for way in ways), reverse=True)
    smallest = QwenEdit()
    smallest.choose(ways[-1])
    smallest.load(weights, "cpu")
    assert 0 < np.abs(painted(smallest, plate) - wanted).mean() < 0.02
    assert {tensor.dtype for tensor in smallest.pipeline.whole.vae.parameters()} == {torch.float32}
