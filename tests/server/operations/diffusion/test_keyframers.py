"""Stable Diffusion XL and Z-Image keep the contract, and serve jobs from a studio's own folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.connection import Client
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import comply
from replate_server.operations.inpaint.z_image import ZImageFill
from replate_server.operations.restyle.sdxl import Sdxl
from replate_server.operations.restyle.z_image import ZImageKeyframes
from server.operations.diffusion.test_compliance import quick
from serving import noise, serving


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, sdxl: Mapping[str, Path], z_image: Mapping[str, Path]
) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("studio")
    rows = (f'[[pin]]\nname = "{name}"\nsources = ["link:{place}"]\n' for name, place in {**sdxl, **z_image}.items())
    registry = folder / "studio.toml"
    registry.write_text("\n".join(rows), "utf-8")
    settings = {
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WORKER__MEMORY_GB": "16",
        "OMP_NUM_THREADS": "1",
    }
    with serving(folder / "data", settings=settings) as server, server.connect() as client:
        yield client


def matte(number: int) -> Frame:
    """Covers a part of a plate of 96 x 64."""
    window, pixels = Box(0, 0, 96, 64), np.zeros((64, 96, 1), np.float16)
    pixels[16:40, 20:52] = 1
    return Frame(FrameSpec(number, window, window, ("A",), PixelType.HALF, DATA), pixels)


@pytest.mark.parametrize("model", [Sdxl, ZImageKeyframes, ZImageFill])
def test_they_comply(model: Any, sdxl: Mapping[str, Path], z_image: Mapping[str, Path]) -> None:
    comply(quick(model), {**sdxl, **z_image})


@pytest.mark.parametrize("model", ["restyle/sdxl", "restyle/z-image"])
def test_a_subject_is_replaced_over_the_wire(client: Client, model: str) -> None:
    plate, inside = noise([1001, 1002], size=(96, 64)), [matte(1001), matte(1002)]
    given = {"prompt": "a knight", "hold": "frames", "steps": 2}
    job = client.submit("restyle", {"plate": plate, "matte": inside}, model=model, parameters=given)
    frames = [frame for _, frame in job.frames()]
    assert [frame.spec.number for frame in frames] == [1001, 1002]
    for frame, own, limit in zip(frames, plate, inside, strict=True):
        assert frame.spec.pixel_type is PixelType.HALF
        open_ = limit.pixels[..., 0] > 0
        assert np.array_equal(frame.pixels[~open_], own.pixels[~open_])
        assert not np.array_equal(frame.pixels[open_], own.pixels[open_])


def test_a_hole_is_filled_over_the_wire(client: Client) -> None:
    plate, inside = noise([1001], size=(96, 64)), [matte(1001)]
    job = client.submit(
        "inpaint", {"plate": plate, "matte": inside}, model="inpaint/z-image", parameters={"steps": 2, "feather": 0.0}
    )
    (frame,) = (frame for _, frame in job.frames())
    changed = (frame.pixels != plate[0].pixels).any(axis=-1)
    assert changed[inside[0].pixels[..., 0] > 0.5].mean() > 0.9 and not changed.all()
