"""FLUX.2 klein edits a frame as it is told, inside a matte alone, and goes from the plate to the edit by strength."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import Flux2KleinPipeline

from replate.errors import BadRequest, Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import picture_of
from replate_server.operations.restyle.flux2 import Flux2Klein
from replate_server.operations.restyle.repainting import Repainter, Take
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora

NIGHT = {"prompt": "make it night", "keep": "the brick wall"}


@pytest.fixture(scope="module")
def model(flux2_klein: Path) -> Flux2Klein:
    made = Flux2Klein()
    made.load({"flux2-klein-4b": flux2_klein}, "cpu")
    return made


@pytest.fixture(scope="module")
def plate() -> Any:
    """[64, 96, 3]."""
    return np.random.default_rng(7).random((4, 6, 3)).repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def painted(model: Flux2Klein, plate: Any, *, seed: int = 5, steps: Any = None, take: Any = (), **given: Value) -> Any:
    one = Take(**{"numbers": (1001,), "place": 0, "pictures": [plate], **dict(take)})
    (made,) = model.repaint(one, asked(model, {**NIGHT, **given}), seed, steps or Recorder())
    assert made.shape == plate.shape and made.dtype == np.float32
    return made


def test_it_is_told_what_to_change_and_what_to_keep(model: Flux2Klein) -> None:
    assert isinstance(model, Repainter)
    assert model.prompt(NIGHT) == (
        "Change the picture: make it night. Keep the brick wall exactly as it is. "
        "Keep the camera, the framing, and every position and pose."
    )


def test_its_pictures_are_the_librarys(model: Flux2Klein, flux2_klein: Path, plate: Any) -> None:
    theirs = Flux2KleinPipeline.from_pretrained(flux2_klein)
    theirs.set_progress_bar_config(disable=True)
    noise = placed_noise(5, ["0"], (128, 4, 6))[:, :, 0]
    said = model.prompt(NIGHT)
    wanted = theirs(
        image=[picture_of(plate)], prompt=said, height=64, width=96, num_inference_steps=4, guidance_scale=1.0,
        latents=noise, output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(painted(model, plate) - wanted).max() < 1e-4


def test_all_that_it_is_shown_and_told_matters(model: Flux2Klein, plate: Any) -> None:
    depth = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(64, 96)
    made = [
        painted(model, plate),
        painted(model, plate, prompt="make it day"),
        painted(model, plate, keep=""),
        painted(model, plate, seed=6),
        painted(model, plate, take={"place": 1}),
        painted(model, plate, strength=0.5),
        painted(model, plate, take={"style": plate[::-1]}),
        painted(model, plate, control="edges"),
        painted(model, plate, control="depth", take={"depths": [depth]}),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, plate))


def test_depth_that_is_not_there_is_asked_for(model: Flux2Klein, plate: Any) -> None:
    with pytest.raises(BadRequest, match="needs a depth plate"):
        painted(model, plate, control="depth")


def test_strength_goes_from_the_plate_to_the_edit(model: Flux2Klein, plate: Any) -> None:
    edit, nothing = painted(model, plate), painted(model, plate, strength=0.0)
    between = [painted(model, plate, strength=strength) for strength in (0.1, 0.4, 0.8)]
    away = [np.abs(one - edit).mean() for one in (nothing, *between)]
    assert away == sorted(away, reverse=True)
    come = [np.abs(one - nothing).mean() for one in (*between, edit)]
    assert come == sorted(come)


def test_a_matte_limits_what_is_painted(model: Flux2Klein, plate: Any) -> None:
    closed, line = np.zeros((64, 96), np.float32), np.zeros((64, 96), np.float32)
    line[:, 40] = 0.01
    nothing, some = (painted(model, plate, take={"mattes": [matte]}) for matte in (closed, line))
    assert np.array_equal(nothing, painted(model, plate, seed=6, prompt="day", take={"mattes": [closed]}))
    assert not np.array_equal(some, nothing) and not np.array_equal(some, painted(model, plate))


def test_a_finished_frame_stays_as_it_is(model: Flux2Klein, plate: Any) -> None:
    assert np.array_equal(painted(model, plate, take={"known": {0: plate[::-1]}}), plate[::-1])


def test_it_is_cancelled_in_the_middle_of_a_step(model: Flux2Klein, plate: Any) -> None:
    before, steps = Recorder(), Interrupting(in_second=True)
    wanted = painted(model, plate, steps=before)
    assert [number for number, _ in before.previews] == [1001] * 4
    with pytest.raises(Cancelled):
        painted(model, plate, steps=steps)
    assert len(steps.previews) == 1
    assert np.array_equal(wanted, painted(model, plate))


def test_it_wears_loras(model: Flux2Klein, plate: Any, tmp_path: Path) -> None:
    given, taken = model.pipeline.whole.transformer.single_transformer_blocks[0].attn.to_out.weight.shape
    file = lora(tmp_path, "film", ("transformer.single_transformer_blocks.0.attn.to_out", taken, given), 1)
    bare = painted(model, plate)
    worn, weak = (painted(model, plate, take={"loras": (Lora(file, strength),)}) for strength in (1.0, 0.1))
    assert 0 < np.abs(weak - bare).mean() < np.abs(worn - bare).mean()
    assert np.array_equal(bare, painted(model, plate))
