"""LTX-2 paints light: what it begins with and makes goes beyond white, and it sees the plate as a camera does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import LTX2ConditionPipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_hdr_lora import LTX2HDRReferenceCondition

from replate.connection import Client
from replate.errors import Cancelled, Unmet
from replate.frame import Frame
from replate.media import PlateWriter, open_plate
from replate.values import Value
from replate_server.darkroom.logc import BRIGHTEST, encode, logged, unlogged
from replate_server.darkroom.range import compress, expand
from replate_server.operations.compliance import Recorder, comply
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.restyle.ltx import RATE
from replate_server.operations.restyle.ltx2 import Ltx2Hdr, _camera, _coded, _laid_out
from replate_server.operations.restyle.reel import Reel, encoded
from replate_server.operations.restyle.repainting import Relighter, Take
from server.operations.diffusion import ltx_checkpoints
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora
from serving import noise, serving

NUMBERS = tuple(range(1001, 1010))
LAYER = ("transformer.transformer_blocks.1.attn1.to_q", 16, 16)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("ltx2")
    return {
        "ltx2": ltx_checkpoints.ltx2(folder / "ltx2"),
        "ltx2-hdr-lora": ltx_checkpoints.ltx2_hdr(folder / "ltx2-hdr-lora"),
    }


@pytest.fixture(scope="module")
def model(weights: dict[str, Path]) -> Ltx2Hdr:
    made = Ltx2Hdr()
    made.load(weights, "cpu")
    return made


@pytest.fixture(scope="module")
def shot() -> list[Any]:
    """Nine frames [64, 64, 3] that move, with light of up to 20."""
    wide = np.random.default_rng(7).random((8, 16, 3)).repeat(8, axis=0).repeat(8, axis=1)
    return [logged(compress((20 * wide[:, index : index + 64] ** 6).astype(np.float32))) for index in range(9)]


def painted(model: Any, take: Take, seed: int = 5, line: Any = None, **given: Value) -> Any:
    parameters = asked(model, {"steps": 3, "prompt": "night", **given})
    return np.stack(model.repaint(take, parameters, seed, line or Recorder()))


def test_it_paints_light_and_complies(model: Ltx2Hdr, weights: dict[str, Path]) -> None:
    assert isinstance(model, Relighter)
    assert model.light == pytest.approx(55.08, abs=0.01)
    comply(Ltx2Hdr, weights)


def test_all_that_it_is_told_matters(model: Ltx2Hdr, shot: list[Any], tmp_path: Path) -> None:
    half = np.zeros((64, 64), np.float32)
    half[:, :32] = 1
    take = Take(NUMBERS, 0, shot)
    made = [
        painted(model, take),
        painted(model, take, prompt="day"),
        # What its training was told.
        painted(model, take, prompt=""),
        painted(model, take, seed=6),
        painted(model, take, strength=0.5),
        painted(model, take, control_scale=0.5),
        painted(model, Take(NUMBERS, 8, shot)),
        painted(model, Take(NUMBERS, 0, shot[::-1])),
        painted(model, Take(NUMBERS, 0, shot, mattes=[half] * 9)),
        painted(model, Take(NUMBERS, 0, shot, known={4: shot[0]})),
        painted(model, Take(NUMBERS, 0, shot, loras=(Lora(lora(tmp_path, "film", LAYER, 1), 1.0),))),
    ]
    assert all(one.shape == (9, 64, 64, 3) and one.dtype == np.float32 for one in made)
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, take))
    assert max(expand(unlogged(one)).max() for one in made) <= BRIGHTEST * 1.001


def test_strength_goes_from_the_plate_to_elsewhere(model: Ltx2Hdr, shot: list[Any]) -> None:
    take = Take(NUMBERS, 0, shot)
    whole = painted(model, take, steps=8)
    away = [np.abs(painted(model, take, steps=8, strength=one) - whole).mean() for one in (0.05, 0.4, 0.8)]
    assert away == sorted(away, reverse=True)


def test_finished_frames_come_out_as_the_autoencoder_shows_them(model: Ltx2Hdr, shot: list[Any]) -> None:
    known = dict(enumerate(shot[::-1]))
    made = painted(model, Take(NUMBERS, 0, shot, known=known))
    assert np.array_equal(made, painted(model, Take(NUMBERS, 0, shot, known=known), prompt="day", seed=9))
    assert not np.array_equal(made, painted(model, Take(NUMBERS, 0, shot)))


def test_it_sees_a_cameras_picture_and_begins_with_light() -> None:
    light = np.array([[[0.0, 0.18, 1.0], [4.0, 20.0, 55.0]]], np.float32)
    assert _camera(logged(compress(light)))[0] == pytest.approx(np.array([[0, 0.461, 1], [1, 1, 1]]), abs=1e-3)
    assert np.abs(_coded(logged(compress(light))) - encode(light)).max() < 1e-5


def test_tokens_lie_where_the_library_puts_them(model: Ltx2Hdr, shot: list[Any]) -> None:
    pipe = model.pipeline.whole
    seen = [_camera(one) for one in shot]
    condition = LTX2HDRReferenceCondition(torch.from_numpy(np.stack(seen)).permute(0, 3, 1, 2), 0.7)
    take = Take(NUMBERS, 0, shot)
    with torch.no_grad():
        theirs = pipe.prepare_latents(
            [condition], num_channels_latents=8, height=64, width=64, num_frames=9, noise_scale=1.0,
            dtype=torch.float32, device="cpu", generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
        reel = Reel.of(pipe.vae, take, 5, 1.0, _coded)
        ours = _laid_out(pipe, reel, encoded(pipe.vae, seen), 0.7, 1.0, 5, "cpu")
    assert ours[0].shape == theirs[0].shape and torch.equal(ours[1], theirs[1])
    own = reel.begun[0, 0].numel()
    assert torch.allclose(ours[2][:, own:], theirs[2][:, own:], atol=1e-5)
    assert torch.equal(ours[3], theirs[3]) and ours[4] == theirs[4]


def test_a_finished_frame_lies_where_the_library_puts_keyframes(model: Ltx2Hdr, shot: list[Any]) -> None:
    pipe = model.pipeline.whole
    with torch.no_grad():
        reel = Reel.of(pipe.vae, Take(NUMBERS, 0, shot, known={4: shot[0]}), 5, 1.0, _coded)
        ours = _laid_out(pipe, reel, encoded(pipe.vae, shot), 1.0, 1.0, 5, "cpu")[3]
    theirs = LTX2ConditionPipeline._prepare_keyframe_coords(pipe, 1, 2, 2, 4, 1, RATE, torch.device("cpu"))
    assert torch.equal(ours[:, :, : theirs.shape[2]], theirs)


def test_it_is_cancelled_within_a_step_and_leaves_nothing_behind(model: Ltx2Hdr, shot: list[Any]) -> None:
    take = Take(NUMBERS, 0, shot)
    before, line = painted(model, take), Interrupting(in_second=True)
    with pytest.raises(Cancelled):
        painted(model, take, line=line)
    assert len(line.previews) == 1
    assert np.array_equal(before, painted(model, take))


def test_each_way_paints_alike(weights: dict[str, Path], shot: list[Any]) -> None:
    results = []
    for way in Ltx2Hdr().ways(weights, "cpu"):
        model = Ltx2Hdr()
        model.choose(way)
        model.load(weights, "cpu")
        results.append(painted(model, Take(NUMBERS, 0, shot)))
    assert len(results) > 2 and max(np.abs(result - results[0]).mean() for result in results) < 0.02


def test_without_its_adapter_it_does_not_begin(weights: dict[str, Path], tmp_path: Path) -> None:
    scene = next(weights["ltx2-hdr-lora"].glob("*scene-emb*"))
    shutil.copy(scene, tmp_path)
    with pytest.raises(Unmet, match="ltx2-hdr-lora has no LoRA in it"):
        Ltx2Hdr().load({**weights, "ltx2-hdr-lora": tmp_path}, "cpu")


@pytest.fixture
def client(weights: dict[str, Path], tmp_path: Path) -> Iterator[Client]:
    registry = tmp_path / "studio.toml"
    registry.write_text(
        "\n".join(f'[[pin]]\nname = "{name}"\nsources = ["link:{place}"]' for name, place in weights.items()), "utf-8"
    )
    settings = {
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WEIGHTS__ALLOW": json.dumps(list(weights)),
        "REPLATE_WORKER__MEMORY_GB": "16",
    }
    with serving(tmp_path / "data", settings=settings) as server, server.connect() as client:
        yield client


def test_a_lamp_in_a_plate_comes_back_as_light_that_the_model_painted(client: Client, tmp_path: Path) -> None:
    lamp = np.zeros((48, 64, 1), np.float16)
    lamp[8:24, 8:24] = 12
    plate = [Frame(one.spec, one.pixels * np.float16(0.5) + lamp) for one in noise(NUMBERS, size=(64, 48), seed=3)]
    job = client.submit(
        "restyle", {"plate": plate}, model="restyle/ltx2-hdr", seed=5, parameters={"steps": 2, "figures": False}
    )
    writer = PlateWriter(tmp_path / "lit.####.exr")
    for _, frame in job.frames():
        writer.write(frame)
    made = np.stack([frame.pixels.astype(np.float32) for frame in open_plate(tmp_path / "lit.####.exr")])
    own = np.stack([frame.pixels.astype(np.float32) for frame in plate])
    assert made.shape == own.shape
    # Where the plate is below 0.5 for far around there is light above 1, and nowhere more than a network can mean.
    assert own[:, 40:, 40:].max() <= 0.5 and made[:, 40:, 40:].max() > 1
    assert np.isfinite(made).all() and made.max() <= BRIGHTEST * 1.01
    assert (made > 1).mean() > (own > 1).mean()
