"""A picture in the making is small, and can be looked at whatever is in it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from replate_server.operations.contract import Tensor
from replate_server.worker.previews import SIDE, png_of


def seen(picture: Tensor) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png_of(picture))))


def test_it_has_the_pictures_colours_in_its_order() -> None:
    ramp = np.zeros((2, SIDE, 3), np.float32)
    ramp[..., 0] = np.arange(SIDE) / 255
    ramp[..., 2] = 1.0
    assert np.array_equal(seen(ramp), np.rint(ramp * 255))


@pytest.mark.parametrize(("shape", "size"), [((1080, 1920), (144, 256)), ((60, 34), (256, 145)), ((1, 4096), (1, 256))])
def test_its_longer_side_is_always_the_same(shape: tuple[int, int], size: tuple[int, int]) -> None:
    assert seen(np.full((*shape, 3), 0.5, np.float32)).shape == (*size, 3)


def test_what_is_no_colour_is_black_or_clipped() -> None:
    picture = np.zeros((1, SIDE, 3), np.float32)
    picture[0, :3] = [[np.nan, -5, 0], [np.inf, -np.inf, 7], [1, 1, 1]]
    assert seen(picture)[0, :3].tolist() == [[0, 0, 0], [255, 0, 255], [255, 255, 255]]


def test_noise_stays_within_what_the_wire_says() -> None:
    noise = np.random.default_rng(7).random((SIDE, SIDE, 3), np.float32)
    assert len(png_of(noise)) < 256 << 10
