"""Models that edit as they are told keep the contract, fill holes, and serve jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as theirs

from replate.connection import Client
from replate.frame import PixelType
from replate_server.operations.compliance import Recorder, comply
from replate_server.operations.inpaint.filling import fill
from replate_server.operations.inpaint.flux2 import Flux2Klein as Filler
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from replate_server.operations.restyle.flux2 import Flux2Klein
from replate_server.operations.restyle.qwen import QwenEdit
from serving import noise, serving


@pytest.fixture(scope="module")
def filler(flux2_klein: Path) -> Filler:
    made = Filler()
    made.load({"flux2-klein-4b": flux2_klein}, "cpu")
    return made


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, flux2_klein: Path) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("studio")
    registry = folder / "studio.toml"
    registry.write_text(f'[[pin]]\nname = "flux2-klein-4b"\nsources = ["link:{flux2_klein}"]\n', "utf-8")
    with (
        serving(
            folder / "data",
            settings={
                "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
                "REPLATE_WORKER__MEMORY_GB": "16",
                "OMP_NUM_THREADS": "1",
            },
        ) as server,
        server.connect() as client,
    ):
        yield client


@pytest.mark.parametrize("model", [Flux2Klein, Filler])
def test_klein_complies(model: Any, flux2_klein: Path) -> None:
    comply(model, {"flux2-klein-4b": flux2_klein})


def test_qwen_complies(qwen_edit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VAE_IMAGE_SIZE", "CONDITION_IMAGE_SIZE"):
        monkeypatch.setattr(theirs, name, 64 * 96)
    comply(QwenEdit, {"qwen-image-edit": qwen_edit})


def filled(filler: Filler, picture: Any, hole: Any, **given: Any) -> Any:
    parameters = check_parameters(operations()["inpaint"], filler.card, given)
    return fill(filler, picture, hole, parameters, 5, Recorder())


def test_a_hole_is_filled_by_what_is_told_and_around_it_the_picture_stays(filler: Filler) -> None:
    picture = np.random.default_rng(3).random((70, 90, 3), np.float32)
    hole = np.zeros((70, 90), bool)
    hole[20:40, 30:60] = True
    made = filled(filler, picture, hole)
    assert np.array_equal(made[~hole], picture[~hole])
    assert not np.array_equal(made[hole], filled(filler, picture, hole, prompt="a red door")[hole])
    assert np.array_equal(made, filled(filler, picture, hole))


def test_what_is_in_the_hole_is_never_looked_at(filler: Filler) -> None:
    picture = np.random.default_rng(3).random((64, 80, 3), np.float32)
    hole = np.zeros((64, 80), bool)
    hole[20:40, 30:60] = True
    other = np.where(hole[..., None], np.float32(0.9), picture)
    assert np.array_equal(filled(filler, picture, hole), filled(filler, other, hole))


def test_a_fill_meets_the_picture_around_it(filler: Filler) -> None:
    """Whatever the autoencoder makes of colours: the tiny one's are far off."""
    ramp = np.repeat(np.linspace(0.3, 0.6, 96, dtype=np.float32)[None, :, None], 64, axis=0).repeat(3, axis=2)
    hole = np.zeros((64, 96), bool)
    hole[24:40, 40:60] = True
    made = filled(filler, ramp, hole)
    step = np.abs(made[24:40, 39] - made[24:40, 40]).mean()
    own = np.abs(np.diff(made[24:40, 40:60], axis=1)).mean()
    assert step < 2 * own + 0.01


def test_a_long_thin_hole_and_a_large_one(filler: Filler) -> None:
    wire = np.zeros((200, 900), bool)
    wire[100:103] = True
    picture = np.full((200, 900, 3), 0.4, np.float32)
    assert np.isfinite(filled(filler, picture, wire)).all()
    picture, hole = np.full((1040, 1040, 3), 0.4, np.float32), np.eye(1040, dtype=bool)
    large = filler.run(picture, hole, {"prompt": "", "steps": 1}, 5, Recorder())
    assert large.shape == (1040, 1040, 3)


def test_frames_are_edited_over_the_wire(client: Client) -> None:
    plate = noise(range(1001, 1003), size=(96, 64))
    given = {"prompt": "make it night", "keep": "the brick wall", "hold": "frames"}
    job = client.submit("restyle", {"plate": plate}, model="restyle/flux2-klein-4b", parameters=given)
    frames = [frame for _, frame in job.frames()]
    assert [frame.spec.number for frame in frames] == [1001, 1002]
    for frame, own in zip(frames, plate, strict=True):
        assert frame.spec.pixel_type is PixelType.HALF and frame.pixels.shape == own.pixels.shape
        assert not np.array_equal(frame.pixels, own.pixels)
