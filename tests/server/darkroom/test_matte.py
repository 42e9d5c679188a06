"""Outside a matte nothing changes; inside it everything does; and a matte can be had from any frame that has one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import frame_of, halves, same_bits, unit_pictures
from replate.errors import BadRequest
from replate.frame import Box
from replate_server.darkroom.matte import composite, feather, grow, matte_of


@st.composite
def two_pictures_and_a_matte(draw):
    inside = draw(halves(channels=4, finite=False))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    outside = rng.integers(0, 1 << 16, inside.shape, dtype=np.uint16).view(np.float16)
    matte = rng.choice(np.array([0.0, 0.25, 0.75, 1.0], np.float32), inside.shape[:2])
    return inside, outside, matte


@given(two_pictures_and_a_matte(), st.sampled_from([np.float16, np.float32]))
def test_inside_and_outside_are_kept_bit_for_bit(drawn, dtype):
    inside, outside, matte = drawn
    inside, outside = inside.astype(dtype), outside.astype(dtype)
    names = ("R", "G", "B", "A")
    mixed = composite(frame_of(inside, names), frame_of(outside, names), matte).pixels
    assert same_bits(mixed[matte == 1], inside[matte == 1])
    assert same_bits(mixed[matte == 0], outside[matte == 0])


@given(unit_pictures(channels=None), st.floats(-100, 100), st.floats(-100, 100))
def test_between_samples_are_mixed_in_proportion(matte, one, other):
    inside = np.full((*matte.shape, 3), one, np.float32)
    outside = np.full((*matte.shape, 3), other, np.float32)
    mixed = composite(frame_of(inside), frame_of(outside), matte).pixels
    expected = outside + matte[..., None].astype(np.float64) * (inside - outside)
    assert np.allclose(mixed, expected, rtol=1e-5, atol=1e-5)


def test_nan_in_the_plate_does_not_spread_into_the_matte():
    inside = frame_of(np.full((1, 3, 3), 0.5, np.float16))
    outside = frame_of(np.full((1, 3, 3), np.nan, np.float16))
    mixed = composite(inside, outside, np.array([[0.0, 0.5, 1.0]], np.float32)).pixels
    assert np.isnan(mixed[0, 0]).all()
    assert (mixed[0, 1:] == 0.5).all()


def test_an_empty_matte_gives_the_plate_itself():
    plate = frame_of(np.ones((2, 2, 3), np.float16))
    assert composite(plate, plate, np.zeros((2, 2), np.float32)) is plate


def test_pictures_that_do_not_match_are_refused():
    plate, other = frame_of(np.ones((2, 2, 3), np.float16)), frame_of(np.ones((2, 3, 3), np.float16))
    with pytest.raises(BadRequest, match="1001"):
        composite(other, plate, np.ones((2, 2), np.float32))
    with pytest.raises(BadRequest, match="1001"):
        composite(plate, plate, np.ones((2, 3), np.float32))


@given(halves(channels=1, finite=False), st.integers(-4, 4), st.integers(-4, 4))
def test_any_channel_makes_a_matte_in_range(plane, x, y):
    with np.errstate(invalid="ignore"):
        matte = matte_of(frame_of(plane, ("Z",), at=(x, y)), Box(-2, -2, 9, 8))
    assert matte.shape == (8, 9) and matte.dtype == np.float32
    assert matte.min() >= 0.0 and matte.max() <= 1.0


def test_a_matte_is_nothing_outside_its_window_and_where_it_is_nan():
    plane = np.array([[[1.0], [np.nan]]], np.float32)
    matte = matte_of(frame_of(plane, ("matte",), at=(1, 1)), Box(0, 0, 4, 3))
    expected = np.zeros((3, 4))
    expected[1, 1] = 1.0
    assert np.array_equal(matte, expected)


@pytest.mark.parametrize(
    ("channels", "values", "expected"),
    [
        (("R", "G", "B", "A"), (9, 9, 9, 0.25), 0.25),
        (("car.A", "subject.A", "Z"), (0.5, 0.75, 9), 0.75),
        (("car.A", "subject.A", "A"), (0.5, 0.75, 0.125), 0.125),
        (("car.A", "subject.A"), (np.nan, 0.75), 0.75),
    ],
)
def test_the_matte_is_alpha_or_the_highest_of_the_layers(channels, values, expected):
    frame = frame_of(np.array(values, np.float32).reshape(1, 1, -1), channels)
    assert matte_of(frame, frame.spec.data_window)[0, 0] == expected


def test_a_frame_without_a_matte_says_what_it_has():
    frame = frame_of(np.ones((1, 1, 3), np.float16))
    with pytest.raises(BadRequest, match="R, G, B"):
        matte_of(frame, Box(0, 0, 1, 1))


@given(st.integers(0, 20))
def test_growing_reaches_that_many_pixels_and_shrinking_takes_them_back(pixels):
    dot = np.zeros((49, 51), np.float32)
    dot[24, 25] = 1.0
    grown = grow(dot, pixels)
    rows, columns = np.nonzero(grown)
    distance = np.hypot(rows - 24, columns - 25)
    assert grown[24, 25 + pixels] == 1.0 and grown[24 + pixels, 25] == 1.0
    # A disc of discs has corners, a little.
    assert distance.max() <= 1.05 * pixels + 0.5
    assert np.array_equal(grow(1 - dot, -pixels), 1 - grown)
    assert np.array_equal(grow(grown, -pixels), dot)


@given(unit_pictures(channels=None), st.integers(-9, 9))
def test_a_grown_matte_is_one_still_and_no_smaller(matte, pixels):
    grown = grow(matte, pixels)
    assert grown.shape == matte.shape
    assert (grown >= matte).all() if pixels >= 0 else (grown <= matte).all()
    assert grown.min() >= 0.0 and grown.max() <= 1.0


@given(st.floats(0, 9))
def test_a_feathered_matte_is_solid_where_it_is_far_from_its_edge(pixels):
    matte = np.zeros((40, 64), np.float32)
    matte[:, 32:] = 1.0
    soft = feather(matte, pixels)
    assert (soft[:, :22] == 0.0).all() and (soft[:, 42:] == 1.0).all()
    assert (np.diff(soft, axis=1) >= -1e-6).all()


@given(unit_pictures(channels=None), st.floats(0, 30))
def test_a_feathered_matte_is_one_still(matte, pixels):
    soft = feather(matte, pixels)
    assert soft.shape == matte.shape
    assert soft.min() >= 0.0 and soft.max() <= 1.0
