"""Wan follows what it is led by, keeps what is known, and goes from the plate to elsewhere by strength."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.restyle.repainting import Repainter, Take
from replate_server.operations.restyle.wan import WanFromPlate, WanVace
from server.operations.diffusion.conftest import asked

NUMBERS = tuple(range(1001, 1010))


@pytest.fixture(scope="module")
def vace(wan_vace: Path) -> WanVace:
    model = WanVace()
    model.load({"wan-vace-1.3b": wan_vace}, "cpu")
    return model


@pytest.fixture(scope="module")
def from_plate(wan: Path) -> WanFromPlate:
    model = WanFromPlate()
    model.load({"wan-1.3b": wan}, "cpu")
    return model


def painted(model: Any, take: Take, seed: int = 5, **given: Value) -> Any:
    return np.stack(model.repaint(take, asked(model, {"steps": 3, "prompt": "night", **given}), seed, Recorder()))


def test_they_are_repainters(vace: WanVace, from_plate: WanFromPlate) -> None:
    assert isinstance(vace, Repainter) and isinstance(from_plate, Repainter)


def test_prompt_seed_and_controls_matter(vace: WanVace, clip: list[Any]) -> None:
    depths = [np.linspace(0, 1, 32 * 48, dtype=np.float32).reshape(32, 48)] * 9
    take = Take(NUMBERS, 0, clip, depths=depths)
    made = [
        painted(vace, take),
        painted(vace, take, prompt="day"),
        painted(vace, take, seed=6),
        painted(vace, take, control="plate"),
        painted(vace, take, control="depth"),
        painted(vace, take, control="edges"),
        painted(vace, take, control_scale=0.0),
        painted(vace, take, strength=0.5),
        painted(vace, Take(NUMBERS, 0, clip, style=clip[0])),
    ]
    assert all(one.shape == (9, 32, 48, 3) and one.dtype == np.float32 for one in made)
    assert len({one.tobytes() for one in made}) == len(made)


def test_depth_that_is_not_there_is_asked_for(vace: WanVace, clip: list[Any]) -> None:
    with pytest.raises(BadRequest, match="needs a depth plate"):
        painted(vace, Take(NUMBERS, 0, clip), control="depth")


def test_a_matte_and_what_is_known_are_seen(vace: WanVace, clip: list[Any]) -> None:
    half = np.zeros((32, 48), np.float32)
    half[:, :24] = 1
    led = vace.led(Take(NUMBERS, 0, clip, mattes=[half] * 9, known={2: clip[0]}), asked(vace, {}))
    video, mask = (led[name][0].permute(0, 2, 3, 1).numpy() for name in ("video", "mask"))
    assert np.array_equal(video[2], clip[0]) and not mask[2].any()
    assert np.array_equal(video[3][:, 24:], clip[3][:, 24:]) and not mask[3][:, 24:].any()
    assert np.ptp(video[3][:, :24], axis=-1).max() == 0 and mask[3][:, :24].all()


def test_strength_goes_from_the_plate_to_elsewhere(from_plate: WanFromPlate, clip: list[Any]) -> None:
    take = Take(NUMBERS, 0, clip)
    # What the autoencoder alone makes of the plate: it is random, and so is its picture.
    whole = painted(from_plate, take, steps=20, strength=1.0)
    steps = [painted(from_plate, take, steps=20, strength=strength) for strength in (0.05, 0.3, 0.7)]
    away = [np.abs(one - whole).mean() for one in steps]
    assert away == sorted(away, reverse=True)


def test_noise_belongs_to_the_shot_and_not_to_the_take(from_plate: WanFromPlate, clip: list[Any]) -> None:
    from replate_server.operations.diffusion.noise import placed_noise

    first, second = (placed_noise(3, (str(place) for place in places), (16, 4, 6)) for places in ((0, 1, 2), (1, 2, 3)))
    assert np.array_equal(first[:, :, 1:], second[:, :, :2])
    one, other = (painted(from_plate, Take(NUMBERS, place, clip)) for place in (0, 4))
    assert not np.array_equal(one, other)


def test_known_frames_at_the_start_come_out_as_the_autoencoder_shows_them(
    from_plate: WanFromPlate, clip: list[Any]
) -> None:
    known = dict(enumerate(clip[4:9]))
    tied = painted(from_plate, Take(NUMBERS, 0, clip, known=known))
    other = painted(from_plate, Take(NUMBERS, 0, clip, known=known), seed=9)
    # The first five frames are two latents, which are known; what follows is not.
    assert np.array_equal(tied[:5], other[:5]) and not np.array_equal(tied[5:], other[5:])
