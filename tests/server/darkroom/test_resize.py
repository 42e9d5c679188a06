"""Another size changes how many pixels there are, and invents no values where none may be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves, unit_pictures
from replate.errors import BadRequest
from replate_server.darkroom.resize import Nature, resize

wanted = st.integers(1, 15)


@given(unit_pictures(channels=5), wanted, wanted)
def test_colour_never_rings(picture, width, height):
    resized = resize(picture * 100 - 50, width, height, Nature.COLOUR)
    assert resized.shape == (height, width, 5)
    assert resized.dtype == np.float32
    low, high = (picture * 100 - 50).min(axis=(0, 1)), (picture * 100 - 50).max(axis=(0, 1))
    assert (resized >= low - 1e-4).all() and (resized <= high + 1e-4).all()


@given(st.floats(-100, 100, width=32), wanted, wanted, wanted, wanted)
def test_a_flat_colour_stays_flat(value, rows, columns, width, height):
    resized = resize(np.full((rows, columns, 3), value, np.float32), width, height, Nature.COLOUR)
    assert np.allclose(resized, value, rtol=1e-5, atol=1e-6)


def test_an_edge_made_larger_keeps_to_its_two_sides():
    edge = np.zeros((4, 8, 3), np.float32)
    edge[:, 4:] = 1000.0
    large = resize(edge, 80, 40, Nature.COLOUR)
    assert (large[:, :35] == 0.0).all() and (large[:, 45:] == 1000.0).all()
    assert (np.diff(large[20, :, 0]) >= 0).all()


def test_shrinking_keeps_the_amount_of_light():
    picture = np.random.default_rng(0).random((60, 90, 3), dtype=np.float32)
    assert resize(picture, 30, 20, Nature.COLOUR).mean() == pytest.approx(picture.mean(), rel=1e-5)
    assert resize(picture, 7, 11, Nature.COLOUR).mean() == pytest.approx(picture.mean(), rel=1e-3)


@given(unit_pictures(channels=None), wanted, wanted)
def test_a_matte_stays_a_matte(matte, width, height):
    resized = resize(matte, width, height, Nature.MATTE)
    assert resized.shape == (height, width)
    assert resized.min() >= 0.0 and resized.max() <= 1.0


@given(halves(channels=2), wanted, wanted)
def test_data_is_only_ever_picked(picture, width, height):
    resized = resize(picture, width, height, Nature.DATA)
    assert resized.shape == (height, width, 2)
    assert resized.dtype == picture.dtype
    there = {pixel.tobytes() for pixel in picture.reshape(-1, 2)}
    assert {pixel.tobytes() for pixel in resized.reshape(-1, 2)} <= there


@given(unit_pictures(channels=None), st.integers(1, 4))
def test_data_enlarged_by_whole_numbers_comes_back(plane, times):
    height, width = plane.shape
    large = resize(plane, width * times, height * times, Nature.DATA)
    assert np.array_equal(large, np.kron(plane, np.ones((times, times), np.float32)))
    assert np.array_equal(resize(large, width, height, Nature.DATA), plane)


@given(st.integers(1, 9), st.integers(1, 9), wanted, wanted)
def test_motion_scales_with_the_picture(rows, columns, width, height):
    motion = np.zeros((rows, columns, 4), np.float32) + np.array([3, -2, -3, 2], np.float32)
    resized = resize(motion, width, height, Nature.MOTION)
    expected = np.array([3 * width / columns, -2 * height / rows, -3 * width / columns, 2 * height / rows])
    assert np.allclose(resized, expected)


def test_motion_needs_pairs():
    with pytest.raises(BadRequest, match="pairs"):
        resize(np.zeros((2, 2, 3), np.float32), 4, 4, Nature.MOTION)


@pytest.mark.parametrize("nature", Nature)
def test_pictures_and_sizes_without_pixels_are_refused(nature):
    with pytest.raises(BadRequest):
        resize(np.zeros((0, 4, 2), np.float32), 4, 4, nature)
    with pytest.raises(BadRequest):
        resize(np.zeros((4, 4, 2), np.float32), 0, 4, nature)
