"""LTX-Video begins from the plate, and holds what is known and what a matte leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replate.errors import Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder, comply
from replate_server.operations.contract import MEGABYTE
from replate_server.operations.diffusion.checkpoint import Checkpoint, Part
from replate_server.operations.diffusion.fitting import fits
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.restyle.ltx import Ltx, LtxVideo, _laid_out, levels
from replate_server.operations.restyle.ltx2 import Ltx2Hdr
from replate_server.operations.restyle.reel import Reel, encoded, restored
from replate_server.operations.restyle.repainting import Repainter, Take
from server.operations.diffusion import ltx_checkpoints
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora

NUMBERS = tuple(range(1001, 1010))
LAYER = ("transformer.transformer_blocks.0.attn1.to_q", 24, 24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ltx_checkpoints.ltx_video(tmp_path_factory.mktemp("ltx-video"))


@pytest.fixture(scope="module")
def model(folder: Path) -> LtxVideo:
    made = LtxVideo()
    made.load({"ltx-video": folder}, "cpu")
    return made


@pytest.fixture(scope="module")
def shot() -> list[Any]:
    """Nine frames [32, 64, 3] that move."""
    wide = np.random.default_rng(7).random((4, 16, 3)).repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)
    return [np.ascontiguousarray(wide[:, index : index + 64]) for index in range(9)]


def painted(model: Any, take: Take, seed: int = 5, line: Any = None, **given: Value) -> Any:
    parameters = asked(model, {"steps": 3, "prompt": "night", **given})
    return np.stack(model.repaint(take, parameters, seed, line or Recorder()))


def left_half(shot: list[Any]) -> list[Any]:
    half = np.zeros(shot[0].shape[:2], np.float32)
    half[:, :32] = 1
    return [half] * len(shot)


def test_it_is_a_repainter_that_complies(model: LtxVideo, folder: Path) -> None:
    assert isinstance(model, Repainter)
    comply(LtxVideo, {"ltx-video": folder})


def test_all_that_it_is_told_matters(model: LtxVideo, shot: list[Any], tmp_path: Path) -> None:
    take = Take(NUMBERS, 0, shot)
    film = (Lora(lora(tmp_path, "film", LAYER, 1), 1.0),)
    made = [
        painted(model, take),
        painted(model, take, prompt="day"),
        painted(model, take, seed=6),
        painted(model, take, strength=0.5),
        painted(model, take, steps=2),
        painted(model, take, guidance=3.0),
        painted(model, take, guidance=3.0, avoid="rain"),
        painted(model, Take(NUMBERS, 8, shot)),
        painted(model, Take(NUMBERS, 0, shot, loras=film)),
        painted(model, Take(NUMBERS, 0, shot, mattes=left_half(shot))),
    ]
    assert all(one.shape == (9, 32, 64, 3) and one.dtype == np.float32 for one in made)
    assert len({one.tobytes() for one in made}) == len(made)
    assert np.array_equal(made[0], painted(model, take))


def test_strength_goes_from_the_plate_to_elsewhere(model: LtxVideo, shot: list[Any]) -> None:
    take = Take(NUMBERS, 0, shot)
    whole = painted(model, take, steps=8)
    away = [np.abs(painted(model, take, steps=8, strength=one) - whole).mean() for one in (0.05, 0.4, 0.8)]
    assert away == sorted(away, reverse=True)


def test_levels_are_the_distilled_ones_and_scale_with_strength() -> None:
    from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

    assert levels({"steps": 8, "strength": 1.0}) == DISTILLED_SIGMA_VALUES
    assert levels({"steps": 8, "strength": 0.5}) == [0.5 * one for one in DISTILLED_SIGMA_VALUES]
    assert len(levels({"steps": 20, "strength": 1.0})) == 20


def test_what_is_known_and_what_a_matte_leaves_out_is_held(model: LtxVideo, shot: list[Any]) -> None:
    vae = model.pipeline.whole.vae
    # The first is a latent, and so are the eight after it, of which one is missing.
    known: Mapping[int, Any] = {index: shot[8 - index] for index in range(8)}
    with torch.no_grad():
        reel = Reel.of(vae, Take(NUMBERS, 0, shot, left_half(shot), known=known), 5, 1.0)
        plate = encoded(vae, [known.get(index, one) for index, one in enumerate(shot)])
    assert reel.held[0, 0].tolist() == [[[1, 1]], [[0, 1]]]
    assert torch.equal(reel.begun[:, :, 0], plate[:, :, 0])
    assert torch.equal(reel.begun[..., 1], plate[..., 1]) and not torch.equal(reel.begun[..., 0], plate[..., 0])
    assert [index for index, _ in reel.keys] == list(range(1, 8))


def test_what_is_wholly_known_comes_out_as_the_autoencoder_shows_it(model: LtxVideo, shot: list[Any]) -> None:
    take = Take(NUMBERS, 0, shot, known=dict(enumerate(shot[::-1])))
    made = painted(model, take)
    assert np.array_equal(made, painted(model, take, prompt="day"))
    assert not np.array_equal(made, painted(model, Take(NUMBERS, 0, shot)))


def test_a_finished_frame_leads_those_around_it(model: LtxVideo, shot: list[Any]) -> None:
    made = [painted(model, Take(NUMBERS, 0, shot, known=known)) for known in ({}, {4: shot[0]}, {4: shot[8]})]
    assert len({one.tobytes() for one in made}) == 3


def test_tokens_lie_where_the_library_puts_them(model: LtxVideo, shot: list[Any]) -> None:
    pipe = model.pipeline.whole
    picture = torch.from_numpy(shot[4].transpose(2, 0, 1))[None, :, None] * 2 - 1
    with torch.no_grad():
        _, held, places, others = pipe.prepare_latents(
            [picture], [1.0], [4], num_channels_latents=8, height=32, width=64, num_frames=9, device="cpu",
            dtype=torch.float32, generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
        reel = Reel.of(pipe.vae, Take(NUMBERS, 0, shot, known={4: shot[4]}), 5, 1.0)
    ours = _laid_out(pipe, reel, "cpu")
    assert torch.equal(ours[1], held) and torch.equal(ours[2], places) and ours[3] == others


def test_latents_are_scaled_as_the_library_scales_them(model: LtxVideo, shot: list[Any]) -> None:
    pipe = model.pipeline.whole
    with torch.no_grad():
        ours = encoded(pipe.vae, shot)
    own = restored(pipe.vae, ours)
    assert torch.allclose(pipe._normalize_latents(own, pipe.vae.latents_mean, pipe.vae.latents_std), ours, atol=1e-5)


def test_it_is_cancelled_within_a_step_and_leaves_nothing_behind(model: LtxVideo, shot: list[Any]) -> None:
    take = Take(NUMBERS, 0, shot)
    before, line = painted(model, take), Interrupting(in_second=True)
    with pytest.raises(Cancelled):
        painted(model, take, line=line)
    assert len(line.previews) == 1
    assert np.array_equal(before, painted(model, take))


def test_a_frame_is_seen_as_it_comes(model: LtxVideo, shot: list[Any]) -> None:
    line = Recorder()
    painted(model, Take(NUMBERS, 0, shot, known={4: shot[0]}), line=line)
    assert [number for number, _ in line.previews] == [1009] * 3
    for _, picture in line.previews:
        assert picture.shape == (4, 8, 3) and picture.min() >= 0 and picture.max() <= 1


def test_each_way_paints_alike(folder: Path, shot: list[Any]) -> None:
    short, long = [], []
    for way in LtxVideo().ways({"ltx-video": folder}, "cpu"):
        model = LtxVideo()
        model.choose(way)
        model.load({"ltx-video": folder}, "cpu")
        short.append(painted(model, Take(NUMBERS, 0, shot)))
        # Tiles of a few frames: an autoencoder without training has much to do with frames further on.
        long.append(painted(model, Take(tuple(range(1, 26)), 0, [*shot, *shot, *shot[:7]]), steps=2))
    assert len(short) > 2 and max(np.abs(result - short[0]).mean() for result in short) < 0.02
    assert {result.shape for result in long} == {(25, 32, 64, 3)}


@pytest.mark.parametrize(
    ("model", "width", "numbers"),
    [
        (LtxVideo, 4096, {"transformer": 13.0, "text_encoder": 4.8, "vae": 1.25}),
        (Ltx2Hdr, 4096, {"transformer": 22.0, "text_encoder": 12.2, "connectors": 1.4, "vae": 1.22, "audio_vae": 0.05}),
    ],
)
def test_the_published_ones_fit_on_cards_that_studios_have(
    model: type[Ltx], width: int, numbers: Mapping[str, float]
) -> None:
    says = {
        "transformer": {"num_attention_heads": 32, "attention_head_dim": width // 32},
        "vae": {"decoder_block_out_channels": [256, 512, 1024], "patch_size": 4},
    }
    parts = {
        name: Part(name, "diffusers", "", Path(), says.get(name, {}), int(count * 1e9))
        for name, count in numbers.items()
    }
    checkpoint = Checkpoint(Path(), parts, {})
    made = model()
    ways = [way for way, _ in fits(checkpoint, made.precise, lambda fit: made.working(checkpoint, fit), "cuda:0")]
    taken = [way.memory_bytes / MEGABYTE for way in ways]
    assert taken[0] < 140_000 and taken[-1] < 16_000
    assert taken[-1] <= model.card.memory_bytes / MEGABYTE < 1.3 * taken[-1]
