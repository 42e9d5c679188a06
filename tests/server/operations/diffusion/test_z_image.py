"""Z-Image is led by what it is shown, stays in its matte, goes from the plate to elsewhere, and fills holes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import (
    ZImageControlNetInpaintPipeline,
    ZImageControlNetModel,
    ZImageControlNetPipeline,
    ZImageTransformer2DModel,
)
from safetensors.torch import load_file, save_file

from replate.errors import BadRequest, Cancelled, Unmet
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.layers import by_layers
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import stacked
from replate_server.operations.inpaint.filling import fill
from replate_server.operations.inpaint.z_image import ZImageFill
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from replate_server.operations.restyle.controls import edges_of
from replate_server.operations.restyle.repainting import Repainter, Take
from replate_server.operations.restyle.z_image import ZImageKeyframes
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.picture_checkpoints import UNION
from server.operations.diffusion.runs import Interrupting, lora

DEPTH = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(64, 96)


@pytest.fixture(scope="module")
def model(z_image: Mapping[str, Path]) -> ZImageKeyframes:
    made = ZImageKeyframes()
    made.load(z_image, "cpu")
    return made


@pytest.fixture(scope="module")
def filler(z_image: Mapping[str, Path]) -> ZImageFill:
    made = ZImageFill()
    made.load(z_image, "cpu")
    return made


@pytest.fixture(scope="module")
def plate() -> Any:
    """[64, 96, 3]."""
    return np.random.default_rng(7).random((4, 6, 3)).repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def painted(
    model: ZImageKeyframes, plate: Any, *, seed: int = 5, told: Any = None, take: Any = (), **given: Value
) -> Any:
    one = Take(**{"numbers": (1001,), "place": 0, "pictures": [plate], "depths": [DEPTH], **dict(take)})
    (made,) = model.repaint(one, asked(model, {"prompt": "night", "steps": 4, **given}), seed, told or Recorder())
    assert made.shape == plate.shape and made.dtype == np.float32
    return made


@pytest.mark.parametrize("kind", [ZImageControlNetPipeline, ZImageControlNetInpaintPipeline])
def test_its_pictures_are_the_librarys(
    model: ZImageKeyframes, z_image: Mapping[str, Path], plate: Any, kind: Any
) -> None:
    network = ZImageControlNetModel(
        dim=16, n_heads=1, n_kv_heads=1, control_layers_places=list(range(0, 30, 2)),
        control_refiner_layers_places=[0, 1], control_in_dim=33, add_control_noise_refiner="control_noise_refiner",
    )  # fmt: skip
    network.load_state_dict(load_file(z_image["z-image-turbo-controlnet"] / UNION))
    theirs = kind.from_pretrained(z_image["z-image-turbo"], controlnet=network)
    theirs.set_progress_bar_config(disable=True)
    open_ = np.ones((64, 96), np.float32)
    inside = kind is ZImageControlNetInpaintPipeline
    more = {"image": stacked([plate]) * 2 - 1, "mask_image": stacked([open_[..., None]])} if inside else {}
    wanted = theirs(
        "night.", control_image=stacked([edges_of(plate)]) * 2 - 1, height=64, width=96, num_inference_steps=4,
        guidance_scale=0.0, latents=placed_noise(5, ["0"], (16, 8, 12))[:, :, 0], output_type="np", **more,
    ).images[0]  # fmt: skip
    made = painted(model, plate, take={"mattes": [open_] if inside else None})
    assert np.abs(made - wanted).max() < 1e-4


def test_all_that_it_is_shown_and_told_matters(model: ZImageKeyframes, plate: Any) -> None:
    assert isinstance(model, Repainter)
    made = [
        painted(model, plate),
        painted(model, plate, prompt="day"),
        painted(model, plate, keep="the wall"),
        painted(model, plate, seed=6),
        painted(model, plate, strength=0.5),
        painted(model, plate, control="depth"),
        painted(model, plate, control="grey"),
        painted(model, plate, control="nothing"),
        painted(model, plate, control_scale=0.3),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, plate))
    assert np.array_equal(made[7], painted(model, plate, control_scale=0.0))


def test_depth_that_is_not_there_is_asked_for(model: ZImageKeyframes, plate: Any) -> None:
    with pytest.raises(BadRequest, match="needs a depth plate"):
        painted(model, plate, control="depth", take={"depths": None})


def test_a_style_that_it_does_not_see_is_said(model: ZImageKeyframes, plate: Any) -> None:
    steps = Recorder()
    assert np.array_equal(painted(model, plate, told=steps, take={"style": plate}), painted(model, plate))
    assert "does not see the style" in steps.warnings[0]


def test_strength_goes_from_the_plate_to_elsewhere(model: ZImageKeyframes, plate: Any) -> None:
    nothing = painted(model, plate, strength=0.0)
    # Its noise is shifted: a tenth of the strength is a quarter of the noise.
    come = [np.abs(painted(model, plate, strength=strength) - nothing).mean() for strength in (0.005, 0.02, 0.1)]
    assert come[0] < come[1] / 2 < come[2] / 4
    assert not np.array_equal(painted(model, plate, strength=1.0), painted(model, plate, strength=0.8))


def test_a_matte_limits_what_is_painted(model: ZImageKeyframes, plate: Any) -> None:
    closed, line = np.zeros((64, 96), np.float32), np.zeros((64, 96), np.float32)
    line[:, 40] = 0.01
    nothing, some = (painted(model, plate, take={"mattes": [matte]}) for matte in (closed, line))
    assert np.array_equal(nothing, painted(model, plate, seed=6, prompt="day", take={"mattes": [closed]}))
    assert not np.array_equal(some, nothing) and not np.array_equal(some, painted(model, plate))


def test_a_finished_frame_stays_as_it_is(model: ZImageKeyframes, plate: Any) -> None:
    assert np.array_equal(painted(model, plate, take={"known": {0: plate[::-1]}}), plate[::-1])


def test_it_is_cancelled_in_the_middle_of_a_step(model: ZImageKeyframes, plate: Any) -> None:
    before, steps = Recorder(), Interrupting(in_second=True)
    wanted = painted(model, plate, told=before)
    assert [number for number, _ in before.previews] == [1001] * 4
    with pytest.raises(Cancelled):
        painted(model, plate, told=steps)
    assert len(steps.previews) == 1
    assert np.array_equal(wanted, painted(model, plate))


def test_a_fill_between_two_steps_changes_nothing(model: ZImageKeyframes, filler: ZImageFill, plate: Any) -> None:
    """Both are led by the same ControlNet."""
    assert model.pipeline.whole.controlnet is filler.pipeline.whole.controlnet
    hole = np.zeros((64, 96), bool)
    hole[20:40, 30:60] = True
    wanted, alone, inner = painted(model, plate), filled(filler, plate, hole), []
    steps = Interrupting(at_step=lambda: inner.append(filled(filler, plate, hole)))
    assert np.array_equal(wanted, painted(model, plate, told=steps))
    assert np.array_equal(inner[0], alone)


def test_it_wears_loras(model: ZImageKeyframes, plate: Any, tmp_path: Path) -> None:
    file = lora(tmp_path, "film", ("transformer.layers.0.attention.to_q", 16, 16), 1)
    bare = painted(model, plate)
    worn, weak = (painted(model, plate, take={"loras": (Lora(file, strength),)}) for strength in (1.0, 0.1))
    assert 0 < np.abs(weak - bare).mean() < np.abs(worn - bare).mean()
    assert np.array_equal(bare, painted(model, plate))


def test_each_way_takes_less_and_paints_alike(z_image: Mapping[str, Path], plate: Any) -> None:
    ways = ZImageKeyframes().ways(z_image, "cpu")
    assert [way.memory_bytes for way in ways] == sorted((way.memory_bytes for way in ways), reverse=True)
    results = []
    for way in ways:
        model = ZImageKeyframes()
        model.choose(way)
        model.load(z_image, "cpu")
        results.append(painted(model, plate, strength=0.5))
    # Each tile of the tiny autoencoder is normalised by itself, of its few pixels.
    assert np.abs(results[1] - results[0]).mean() < 0.1
    differences = [np.abs(result - results[1]).mean() for result in results[2:]]
    assert differences[0] > 0 and max(differences) < 0.03


def test_layers_that_come_and_go_paint_alike_in_two_models(z_image: Mapping[str, Path], plate: Any) -> None:
    """The ControlNet works with layers of the painter, which come for one of the two."""
    one, other = ZImageKeyframes(), ZImageKeyframes()
    for model in (one, other):
        model.load(z_image, "cpu")
        wanted = painted(model, plate)
        by_layers(model.pipeline.whole.components, ("vae",), "cpu")
        assert np.array_equal(wanted, painted(model, plate))
        assert isinstance(model.pipeline.whole.transformer, ZImageTransformer2DModel)
    assert np.array_equal(painted(one, plate), painted(other, plate))


def test_a_file_that_is_none_that_is_known_is_refused(z_image: Mapping[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "lite"
    shutil.copytree(z_image["z-image-turbo-controlnet"], folder)
    tensors = load_file(folder / UNION)
    few = {name: tensor for name, tensor in tensors.items() if not name.startswith("control_layers.14.")}
    save_file(few, folder / UNION)
    with pytest.raises(Unmet, match=r"The folder lite has no config\.json"):
        ZImageKeyframes().load({**z_image, "z-image-turbo-controlnet": folder}, "cpu")


def filled(filler: ZImageFill, picture: Any, hole: Any, **given: Any) -> Any:
    parameters = check_parameters(operations()["inpaint"], filler.card, {"steps": 4, **given})
    return fill(filler, picture, hole, parameters, 5, Recorder())


def test_a_hole_is_filled_by_what_is_told_and_around_it_the_picture_stays(filler: ZImageFill) -> None:
    picture = np.random.default_rng(3).random((70, 90, 3), np.float32)
    hole = np.zeros((70, 90), bool)
    hole[20:40, 30:60] = True
    made = filled(filler, picture, hole)
    assert np.array_equal(made[~hole], picture[~hole])
    assert not np.array_equal(made[hole], filled(filler, picture, hole, prompt="a red door")[hole])
    assert np.array_equal(made, filled(filler, picture, hole))
    assert np.array_equal(made, filled(filler, np.where(hole[..., None], np.float32(0.9), picture), hole))


def test_a_fill_meets_the_picture_around_it(filler: ZImageFill) -> None:
    """Whatever the autoencoder makes of colours: the tiny one's are far off."""
    ramp = np.repeat(np.linspace(0.3, 0.6, 96, dtype=np.float32)[None, :, None], 64, axis=0).repeat(3, axis=2)
    hole = np.zeros((64, 96), bool)
    hole[24:40, 40:60] = True
    made = filled(filler, ramp, hole)
    step = np.abs(made[24:40, 39] - made[24:40, 40]).mean()
    own = np.abs(np.diff(made[24:40, 40:60], axis=1)).mean()
    assert step < 2 * own + 0.01


def test_a_large_neighbourhood_is_filled_small(filler: ZImageFill) -> None:
    picture, hole = np.full((1040, 1040, 3), 0.4, np.float32), np.eye(1040, dtype=bool)
    large = filler.run(picture, hole, {"prompt": "", "steps": 1}, 5, Recorder())
    assert large.shape == (1040, 1040, 3) and np.array_equal(large[~hole], picture[~hole])
