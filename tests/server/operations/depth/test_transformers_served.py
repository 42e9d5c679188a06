"""Hosted networks behind a real server, with the studio's own checkpoints in the place of the published ones."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np
import pytest

from replate.connection import Client
from replate.errors import Unmet
from replate.frame import Frame
from replate.values import Value
from server.operations.depth import checkpoints
from server.weights.conftest import pin_row
from serving import Server, noise, serving

DEGREES, INVERSE = 60.0, 0.5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hosted")
    files = {
        "depth-anything-v2-small": checkpoints.depth_anything(folder),
        "depth-pro": checkpoints.depth_pro(folder, DEGREES, INVERSE),
        "video-depth-anything-small": checkpoints.video_depth_anything(folder),
    }
    registry = folder / "studio.toml"
    rows = (pin_row(name, file.read_bytes(), [f"path:{file.name}"]) for name, file in files.items())
    registry.write_text("\n".join(rows), "utf-8")
    settings = {
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WEIGHTS__ALLOW": json.dumps(["depth-pro"]),
        "REPLATE_WORKER__MEMORY_GB": "16",
    }
    with serving(folder / "data", settings=settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.connect() as client:
        yield client


def depth(client: Client, model: str, plate: list[Frame], **parameters: Value) -> list[Frame]:
    job = client.submit("depth", {"plate": plate}, model=model, parameters=parameters)
    return [frame for _, frame in job.frames()]


def test_relative_depth_of_a_picture_model(client: Client) -> None:
    plate = noise(range(1001, 1003), size=(96, 64))
    frames = depth(client, "depth/anything-small", plate, short_side=112)
    assert [frame.spec.number for frame in frames] == [1001, 1002]
    for frame in frames:
        assert frame.spec.depth is not None and not frame.spec.depth.metric
        assert frame.pixels.shape == (64, 96, 1) and frame.pixels.std() > 0


def test_metres_and_the_focal_length(client: Client) -> None:
    (frame,) = depth(client, "depth/pro", noise(size=(96, 64)), encoding="Z")
    meaning = frame.spec.depth
    assert meaning is not None and meaning.metric and not meaning.inverse
    assert meaning.focal == pytest.approx(48 / math.tan(math.radians(DEGREES / 2)), rel=1e-2)
    metres = 1 / (INVERSE * 2 * math.tan(math.radians(DEGREES / 2)))
    np.testing.assert_allclose(frame.pixels, metres, rtol=1e-2)


def test_a_video_model_takes_a_shot_that_is_shorter_than_its_clips(client: Client) -> None:
    frames = depth(client, "depth/video-anything-small", noise(range(1001, 1004), size=(32, 24)), short_side=112)
    assert [frame.spec.number for frame in frames] == [1001, 1002, 1003]
    assert len({frame.spec.depth for frame in frames}) == 1


def test_what_the_licence_forbids_is_refused_before_anything_is_fetched(client: Client) -> None:
    with pytest.raises(Unmet, match=r"depth-anything-v2-large has the licence CC-BY-NC-4\.0, which forbids commercial"):
        depth(client, "depth/anything-large", noise(size=(96, 64)))
