"""A model sees a natural picture, and every half comes back from it; the guard stops sparks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import every_finite_half, halves, unit_pictures
from replate_server.darkroom import range as light_range
from replate_server.darkroom.range import BLACK, LIMIT, WHITE, compress, expand, guard


def srgb(linear):
    """IEC 61966-2-1, in float64."""
    linear = np.asarray(linear, np.float64)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def test_every_finite_half_comes_back_exactly():
    values = every_finite_half()
    assert np.array_equal(expand(compress(values.astype(np.float32))).astype(np.float16), values)


def test_every_half_lands_in_display_range_in_order():
    display = compress(every_finite_half().astype(np.float32))
    assert display.min() >= 0.0
    assert display.max() <= 1.0
    assert (np.diff(display) >= 0).all()


@given(st.lists(st.floats(-LIMIT, LIMIT, width=32), min_size=1, max_size=50))
def test_light_far_beyond_half_comes_back_too(values):
    light = np.array(values, np.float32)
    assert np.allclose(expand(compress(light)), light, rtol=2e-4, atol=1e-9)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50))
def test_every_display_value_a_model_may_paint_is_light(values):
    display = np.array(values, np.float32)
    light = expand(display)
    assert np.isfinite(light).all()
    assert np.allclose(compress(light), display, atol=1e-6)


def test_black_is_exactly_black_and_white_where_it_was_promised():
    assert compress(np.zeros(1, np.float32))[0] == np.float32(BLACK)
    assert expand(compress(np.zeros(1, np.float32)))[0] == 0.0
    assert BLACK <= 0.03
    assert 0.82 <= WHITE <= 0.9
    assert compress(np.ones(1, np.float32))[0] == pytest.approx(WHITE, abs=1e-6)


def test_up_to_the_knee_it_follows_srgb():
    light = np.linspace(0, 0.5, 1000)
    assert np.abs(compress(light.astype(np.float32)) - srgb(light)).max() <= BLACK + 1e-6


@pytest.mark.parametrize("joint", [0.0, light_range._CUT, light_range.KNEE, light_range.FAR])
def test_value_and_slope_are_continuous_where_the_pieces_meet(joint):
    step = np.float64(1e-6 if joint == 0.0 else joint * 1e-2)
    below, at, above = compress(np.array([joint - step, joint, joint + step], np.float32)).astype(np.float64)
    assert at - below == pytest.approx(above - at, rel=0.06)


def test_beyond_the_limit_it_is_clipped():
    assert compress(np.array([-np.inf, -1e30, 1e30, np.inf], np.float32)) == pytest.approx([0, 0, 1, 1], abs=1e-6)
    assert expand(np.array([-1.0, 2.0], np.float32)) == pytest.approx([-LIMIT, LIMIT], rel=1e-3)


@given(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 4)))
def test_any_shape_keeps_its_shape(shape):
    picture = np.ones(shape, np.float32)
    assert compress(picture).shape == shape
    assert expand(picture).shape == shape


@given(halves())
def test_the_guard_leaves_an_unchanged_picture_alone(picture):
    light = picture.astype(np.float32)
    assert np.array_equal(guard(light, light), light)


@given(unit_pictures())
def test_the_guard_leaves_ordinary_pictures_alone(picture):
    assert guard(picture, np.zeros_like(picture)) is picture


def test_the_guard_lets_no_light_in_that_the_plate_does_not_show_nearby():
    source = np.full((40, 40, 3), 0.2, np.float32)
    source[5, 5] = (50.0, 20.0, 3.0)
    source[30, 30, 1] = -0.5
    painted = np.full_like(source, 65504.0)
    painted[20:] = -65504.0
    kept = guard(painted, source, radius=8)
    assert (kept[:14, :14] == 50.0).all()
    assert (kept[:20, 14:] == 1.0).all()
    assert (kept[14:20] == 1.0).all()
    assert (kept[22:39, 22:39] == -0.5).all()
    assert (kept[20:22] == 0.0).all()
    assert (kept[22:, :22] == 0.0).all()


def test_the_guard_means_the_same_in_display_and_in_light():
    rng = np.random.default_rng(3)
    source = rng.normal(0.5, 4.0, (30, 31, 3)).astype(np.float32)
    painted = rng.normal(0.5, 40.0, (30, 31, 3)).astype(np.float32)
    encoded = guard(compress(painted), compress(source), black=BLACK, white=WHITE)
    assert np.allclose(expand(encoded), guard(painted, source), rtol=1e-4, atol=1e-6)
