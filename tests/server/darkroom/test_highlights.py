"""Light above 1 is the plate's, whatever is painted there, and steady as the plate's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import unit_pictures
from replate.errors import Failed
from replate_server.darkroom.highlights import with_highlights, without_highlights
from replate_server.darkroom.range import BLACK, WHITE, compress, expand


def lamp(gain=40.0):
    """A plate with an orange light in it, [32, 48, 3] linear: falling off from `gain`, with a negative blue."""
    rows, columns = np.mgrid[:32, :48]
    light = gain * np.exp(-(np.square(rows - 16) + np.square(columns - 24)) / 60)
    return (light[..., None] * np.array([1.0, 0.5, -0.01]) + 0.1).astype(np.float32)


def test_a_painter_sees_no_light_above_one_and_every_hue():
    linear = lamp()
    seen = expand(without_highlights(compress(linear), compress(linear)))
    assert seen.max() == pytest.approx(1, abs=1e-4)
    brightest = linear.max(axis=-1, keepdims=True)
    assert np.allclose(seen, linear / np.maximum(brightest, 1), atol=2e-4)


@given(unit_pictures())
def test_what_a_painter_leaves_alone_is_the_plate_bit_for_bit(plate):
    seen = without_highlights(plate, plate)
    assert np.array_equal(with_highlights(seen, plate), plate)


def test_a_plate_that_is_hardly_above_one_is_left_alone_too():
    plate = compress(np.linspace(0, 1.02, 300, dtype=np.float32).reshape(10, 10, 3))
    assert plate.max() > WHITE
    assert np.array_equal(with_highlights(without_highlights(plate, plate), plate), plate)


def test_a_plate_without_highlights_changes_nothing_up_to_white():
    plate = compress(np.clip(lamp(), 0, 1))
    painted = compress(np.random.default_rng(1).random(plate.shape, np.float32))
    assert without_highlights(plate, plate) is plate
    assert np.array_equal(with_highlights(painted, plate), painted)


def test_white_paint_is_as_bright_as_the_light_it_covers_and_never_brighter():
    linear = lamp()
    white = np.ones_like(linear)
    painted = expand(with_highlights(white, compress(linear)))
    assert np.allclose(painted, np.maximum(linear.max(axis=-1, keepdims=True), 1), rtol=2e-3)


def test_the_light_takes_the_colour_of_the_paint():
    linear = lamp()
    paint = np.array([0.2, 0.4, 0.8], np.float32)
    painted = expand(with_highlights(np.tile(compress(paint), (*linear.shape[:2], 1)), compress(linear)))
    assert np.allclose(painted / painted.max(axis=-1, keepdims=True), paint / paint.max(), atol=2e-3)
    assert painted.max() == pytest.approx(0.8 * linear.max(), rel=1e-3)


def test_a_lamp_that_is_painted_out_stays_dark():
    linear = lamp()
    night, least = (np.full_like(linear, value) for value in (compress(np.full(1, 0.01, np.float32))[0], 0.0))
    assert expand(with_highlights(night, compress(linear))).max() < 0.02
    lit = linear.max(axis=-1) > 1
    assert abs(expand(with_highlights(least, compress(linear)))[lit]).max() < 1
    assert with_highlights(np.full_like(linear, BLACK), compress(linear)).max() == pytest.approx(BLACK)


@given(unit_pictures(), st.floats(1, 500))
def test_a_finished_picture_with_highlights_comes_back_from_the_painters_view(unit, gain):
    height, width = unit.shape[:2]
    plate = np.full((height, width, 3), compress(np.float32([gain]))[0], np.float32)
    painted = np.clip(unit, BLACK, WHITE).astype(np.float32)
    finished = with_highlights(painted, plate)
    if finished.max() > WHITE + 0.01:
        assert np.allclose(with_highlights(without_highlights(finished, plate), plate), finished, atol=2e-4)


def test_a_picture_painted_without_highlights_is_seen_as_it_is():
    plate = compress(lamp())
    painted = np.full_like(plate, WHITE)
    assert without_highlights(painted, plate) is painted


def test_light_flickers_as_the_plates_does_however_a_model_flickers():
    plate = compress(lamp())
    rng = np.random.default_rng(2)
    bright = expand(plate).max(axis=-1) > 1
    light = [
        np.log(expand(with_highlights(rng.uniform(0.9, 1, plate.shape).astype(np.float32), plate))[bright])
        for _ in range(2)
    ]
    assert np.abs(light[0] - light[1]).max() < 1e-3


def test_pictures_of_two_sizes_are_refused():
    with pytest.raises(Failed, match="at one size"):
        with_highlights(np.zeros((4, 4, 3), np.float32), np.zeros((4, 5, 3), np.float32))
