"""A shot repainted by a pipeline over the wire: from a studio's own folder of weights to frames in float."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.connection import Client
from replate.errors import Cancelled, ReplateError
from replate.frame import Frame, PixelType
from replate.values import Value
from server.operations.diffusion.runs import lora
from serving import Server, noise, serving

LAYER = ("transformer.blocks.0.attn1.to_q", 24, 24)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, wan_vace: Path, wan: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("studio")
    loras = folder / "loras"
    loras.mkdir()
    lora(loras, "film-grain", LAYER, 1)
    rows = (
        f'[[pin]]\nname = "{name}"\nsources = ["link:{place}"]\n'
        for name, place in (("wan-vace-1.3b", wan_vace), ("wan-1.3b", wan))
    )
    registry = folder / "studio.toml"
    registry.write_text("\n".join(rows), "utf-8")
    settings = {
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WEIGHTS__LORAS": str(loras),
        "REPLATE_WORKER__MEMORY_GB": "16",
    }
    with serving(folder / "data", settings=settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.connect() as client:
        yield client


def restyled(client: Client, model: str, plate: list[Frame], inputs: Any = None, **given: Value) -> list[Frame]:
    parameters = {"prompt": "night", "steps": 2, "figures": False, **given}
    job = client.submit("restyle", {"plate": plate, **(inputs or {})}, model=model, parameters=parameters)
    return [frame for _, frame in job.frames()]


def pixels(frames: list[Frame]) -> Any:
    return np.stack([frame.pixels for frame in frames])


def test_a_shot_comes_back_in_float_on_its_own_numbers(client: Client) -> None:
    plate = noise(range(1001, 1008), size=(64, 48))
    frames = restyled(client, "restyle/wan-vace-1.3b", plate)
    assert [frame.spec.number for frame in frames] == [frame.spec.number for frame in plate]
    for frame, own in zip(frames, plate, strict=True):
        assert frame.spec.pixel_type is PixelType.HALF and frame.pixels.shape == own.pixels.shape
        assert not np.array_equal(frame.pixels, own.pixels)


def test_prompts_and_seeds_make_other_pixels_and_the_same_job_the_same(client: Client) -> None:
    plate = noise(range(1001, 1006), size=(64, 48))
    one = pixels(restyled(client, "restyle/wan-1.3b", plate))
    assert np.array_equal(one, pixels(restyled(client, "restyle/wan-1.3b", plate)))
    assert not np.array_equal(one, pixels(restyled(client, "restyle/wan-1.3b", plate, prompt="day")))


def test_a_keyframe_comes_out_as_it_went_in(client: Client) -> None:
    plate = noise(range(1001, 1006), size=(64, 48))
    (key,) = noise([1003], size=(64, 48))
    frames = restyled(client, "restyle/wan-vace-1.3b", plate, {"keyframes": [key]})
    away = [float(np.abs(frame.pixels.astype(float) - key.pixels).mean()) for frame in frames]
    assert away[2] < 0.005 < 0.1 < min(away[:2] + away[3:])


def test_loras_are_worn_by_name_and_others_refused(client: Client) -> None:
    plate = noise(range(1001, 1006), size=(64, 48))
    bare = pixels(restyled(client, "restyle/wan-1.3b", plate))
    worn = pixels(restyled(client, "restyle/wan-1.3b", plate, loras="film-grain:0.8"))
    assert not np.array_equal(bare, worn)
    with pytest.raises(ReplateError, match="film-grain"):
        restyled(client, "restyle/wan-1.3b", plate, loras="noir")


def test_it_is_cancelled(client: Client) -> None:
    plate = noise(range(1001, 1082), size=(64, 48))
    job = client.submit("restyle", {"plate": plate}, model="restyle/wan-1.3b", parameters={"steps": 100})
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait()


def test_depth_that_is_asked_for_and_not_there(client: Client) -> None:
    with pytest.raises(ReplateError, match="connect one"):
        restyled(client, "restyle/wan-vace-1.3b", noise(range(1001, 1003), size=(64, 48)), control="depth")
