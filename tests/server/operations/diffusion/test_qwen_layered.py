"""Qwen-Image-Layered groups a frame, and the layers that come of it are the plate at rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as theirs

from replate.errors import Cancelled
from replate.frame import Box, Frame
from replate.values import Value
from replate_server.operations.compliance import Recorder, comply
from replate_server.operations.compliance.plates import depth, synthetic
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Steps
from replate_server.operations.diffusion.noise import placed_noise
from replate_server.operations.diffusion.pictures import picture_of
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.layers import qwen
from replate_server.operations.layers.exact import over
from replate_server.operations.layers.grouping import Grouping
from replate_server.operations.layers.qwen import QwenLayered
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from replate_server.weights import WeightStore
from server.operations.diffusion.runs import Interrupting
from server.operations.diffusion.test_compliance import quick
from serving import serving

BOX = Box(0, 0, 96, 64)
GIVEN = {"prompt": "two dancers before a wall", "steps": 3}


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Painted as small as the pictures here are, and described in few words."""
    with pytest.MonkeyPatch.context() as patch:
        whole = theirs.calculate_dimensions
        patch.setattr(theirs, "calculate_dimensions", lambda _, ratio: whole(64 * 96, ratio))
        patch.setattr(qwen, "_WORDS", 8)
        yield


@pytest.fixture(scope="module")
def files(qwen_layered: Path, weights: WeightStore) -> Mapping[str, Path]:
    return {"qwen-image-layered": qwen_layered, "migan": weights.get("migan")}


@pytest.fixture(scope="module")
def model(files: Mapping[str, Path]) -> QwenLayered:
    made = QwenLayered()
    made.load(files, "cpu")
    return made


@pytest.fixture(scope="module")
def picture() -> Any:
    """[64, 96, 3], in steps of 8 bits."""
    blocks = np.random.default_rng(7).integers(0, 256, (4, 6, 3)) / 255
    return blocks.repeat(16, axis=0).repeat(16, axis=1).astype(np.float32)


def parameters(model: QwenLayered, given: Mapping[str, Value]) -> Mapping[str, Value]:
    return check_parameters(operations()["layers"], model.card, {**GIVEN, **given})


def groups(model: QwenLayered, picture: Any, *, most: int = 2, seed: int = 5, told: Any = None, **given: Value) -> Any:
    made = model.grouped(picture, most, parameters(model, given), seed, 1001, told or Recorder())
    assert all(one.dtype == np.float32 and one.min() >= 0 and one.max() <= 1 for one in made)
    return np.stack(made)


def over_each_other(layers: Frame) -> Any:
    planes = layers.pixels.astype(np.float32)
    four = [planes[..., at : at + 4] for at in range(0, planes.shape[2], 4)]
    return over([one[..., :3] for one in four], [one[..., 3] for one in four])


def test_its_layers_are_the_librarys(model: QwenLayered, picture: Any) -> None:
    assert isinstance(model, Grouping)
    pipe = model.pipeline.whole
    noise = placed_noise(5, range(4), (16, 8, 12))
    painted = pipe(
        image=picture_of(picture).convert("RGBA"), prompt=model.prompt(GIVEN), negative_prompt=" ", true_cfg_scale=4.0,
        cfg_normalize=True, layers=3, resolution=640, num_inference_steps=3, output_type="np",
        latents=pipe._pack_latents(noise.transpose(1, 2).contiguous(), 1, 16, 8, 12, 4),
    ).images[0]  # fmt: skip
    back, middle, front = (layer[..., 3] for layer in painted)
    made = groups(model, picture)
    assert back.shape == picture.shape[:2] and len(made) == 2
    assert np.abs(made[1] - front).max() < 1e-4
    assert np.abs(made[0] - middle * (1 - front)).max() < 1e-4


def test_all_that_it_is_shown_and_told_matters(model: QwenLayered, picture: Any) -> None:
    made = [
        groups(model, picture),
        groups(model, picture, prompt="two dogs"),
        groups(model, picture, prompt=""),
        groups(model, picture, guidance=1.0),
        groups(model, picture, seed=6),
        groups(model, picture, steps=4),
        groups(model, picture[::-1].copy()),
        groups(model, picture, most=3),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], groups(model, picture))
    assert np.array_equal(made[2], groups(model, picture, prompt=""))
    assert len(made[-1]) == 3 and len(groups(model, picture, most=15)) == 9


def test_what_it_says_of_a_picture_is_of_that_picture(model: QwenLayered, picture: Any) -> None:
    """The pipeline's own way of asking leaves out which tokens are pictures."""
    pipe, seen = model.pipeline.whole, []
    hook = pipe.text_encoder.register_forward_pre_hook(lambda _, __, named: seen.append(named), with_kwargs=True)
    with torch.no_grad():
        said = qwen._described(pipe, picture)
    hook.remove()
    assert said and said == qwen._described(pipe, picture)
    # Four patches of 14 pixels a token.
    assert int(seen[0]["mm_token_type_ids"].sum()) == round(64 / 28) * round(96 / 28)


def test_it_is_cancelled_in_the_middle_of_a_step_and_of_a_word(model: QwenLayered, picture: Any) -> None:
    before, steps = Recorder(), Interrupting(in_second=True)
    wanted = groups(model, picture, told=before)
    # Layers beside each other.
    assert [(number, one.shape) for number, one in before.previews] == [(1001, (8, 3 * 12, 3))] * 3
    with pytest.raises(Cancelled):
        groups(model, picture, told=steps)
    assert len(steps.previews) == 1
    steps.previews.append(steps.previews[0])
    with pytest.raises(Cancelled):
        groups(model, picture, told=steps, prompt="")
    assert len(steps.previews) == 2
    assert np.array_equal(wanted, groups(model, picture))


def test_each_way_groups_alike_and_has_room_for_what_fills(files: Mapping[str, Path], model: QwenLayered) -> None:
    picture = np.random.default_rng(3).random((64, 96, 3), np.float32)
    ways = QwenLayered().ways(files, "cpu")
    assert [way.memory_bytes for way in ways] == sorted((way.memory_bytes for way in ways), reverse=True)
    assert ways[-1].memory_bytes > model._filler.card.memory_bytes
    smallest = QwenLayered()
    smallest.choose(ways[-1])
    smallest.load(files, "cpu")
    assert 0 < np.abs(groups(smallest, picture) - groups(model, picture)).mean() < 0.05
    assert np.isfinite(groups(smallest, picture, prompt="")).all()
    assert {tensor.dtype for tensor in smallest.pipeline.whole.vae.parameters()} == {torch.float32}


def test_whatever_it_groups_the_layers_are_the_plate(model: QwenLayered) -> None:
    plate = synthetic(3, BOX, channels=("R", "G", "B"))
    inputs = {"plate": plate, "depth": depth(plate)}
    (window,) = windows_of(inputs, "plate", parameters(model, {"count": 4}), model.card.windows)
    made = list(operations()["layers"].run(model, window, Recorder()))
    for frame, own in zip((one.frame for one in made if one.output == "layers"), plate, strict=True):
        assert "object1.A" in frame.spec.channels
        assert np.abs(over_each_other(frame) - own.pixels.astype(np.float32)).max() < 0.02


def test_it_complies(files: Mapping[str, Path]) -> None:
    """With what fills left out, which complies by itself, and has much to do where groups are noise."""

    def smooth(_: Any, picture: Any, hole: Any, _given: Any, _seed: int, steps: Steps, _wanted: Any = None) -> Any:
        steps.progress(0.0)
        return np.where(hole[..., None], membrane(picture, (~hole).astype(np.float32)), picture)

    comply(type("Smooth", (quick(QwenLayered),), {"run": smooth}), files)


def test_a_plate_is_grouped_over_the_wire(tmp_path: Path, files: Mapping[str, Path]) -> None:
    filler = files["migan"]
    digest = hashlib.sha256(filler.read_bytes()).hexdigest()
    rows = (
        f'[[pin]]\nname = "qwen-image-layered"\nsources = ["link:{files["qwen-image-layered"]}"]\n'
        f'[[pin]]\nname = "migan"\nsources = ["path:{filler}"]\nsha256 = "{digest}"\nbytes = {filler.stat().st_size}\n'
    )
    registry = tmp_path / "studio.toml"
    registry.write_text(rows, "utf-8")
    settings = {
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WORKER__MEMORY_GB": "16",
        "OMP_NUM_THREADS": "1",
    }
    plate = synthetic(1, BOX, channels=("R", "G", "B"))
    with serving(tmp_path / "data", settings=settings) as server, server.connect() as client:
        job = client.submit(
            "layers",
            {"plate": plate, "depth": depth(plate)},
            model="layers/qwen",
            parameters={"prompt": "a ball", "steps": 2, "guidance": 1.0, "count": 2},
        )
        made = dict(job.frames())
    assert "object1.A" in made["layers"].spec.channels
    assert np.abs(over_each_other(made["layers"]) - plate[0].pixels.astype(np.float32)).max() < 0.02
