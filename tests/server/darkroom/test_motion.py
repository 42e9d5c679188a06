"""Motion vectors lead to where things are, and say where they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves, unit_pictures
from replate.errors import Failed
from replate_server.darkroom.motion import occlusion, unsteadiness, warp
from replate_server.darkroom.resize import Nature


def still(height: int, width: int, u: float = 0.0, v: float = 0.0):
    return np.zeros((height, width, 2), np.float32) + np.array([u, v], np.float32)


@given(unit_pictures(channels=5), st.sampled_from(Nature))
def test_no_motion_changes_nothing(picture, nature):
    assert np.allclose(warp(picture, still(*picture.shape[:2]), nature), picture, atol=1e-7)


@given(unit_pictures(), st.integers(-3, 3), st.integers(-3, 3), st.sampled_from(Nature))
def test_whole_pixels_move_whole_pictures_and_edges_go_on(picture, u, v, nature):
    height, width = picture.shape[:2]
    rows = (np.arange(height) + v).clip(0, height - 1)
    columns = (np.arange(width) + u).clip(0, width - 1)
    moved = warp(picture, still(height, width, u, v), nature)
    assert np.allclose(moved, picture[rows[:, None], columns], atol=1e-6)


def test_a_part_of_a_pixel_is_interpolated_in_colour_and_picked_in_data():
    ramp = np.repeat(np.arange(8, dtype=np.float32)[None, :, None] * 10, 3, axis=0)
    quarter = still(3, 8, u=0.25)
    assert np.allclose(warp(ramp, quarter, Nature.COLOUR)[1, :7, 0], np.arange(7) * 10 + 2.5, atol=0.01)
    assert np.array_equal(warp(ramp, quarter, Nature.DATA), ramp)


@given(halves(channels=1), halves(channels=2, finite=False), st.sampled_from(Nature))
def test_wild_vectors_fetch_only_what_the_picture_has(picture, motion, nature):
    height, width = picture.shape[:2]
    vectors = np.resize(motion.astype(np.float32), (height, width, 2))
    fetched = warp(picture.astype(np.float32), vectors, nature)
    assert fetched.shape == picture.shape
    assert np.isfinite(fetched).all()
    if nature in (Nature.DATA, Nature.MOTION):
        assert np.isin(fetched, picture.astype(np.float32)).all()


def test_motion_of_another_size_is_refused():
    with pytest.raises(Failed):
        warp(np.zeros((4, 4, 3), np.float32), still(3, 4), Nature.COLOUR)


def test_what_a_moving_object_covers_is_occluded():
    forward, backward = still(40, 60), still(40, 60)
    forward[10:30, 10:30, 0] = 8.0
    backward[10:30, 18:38, 0] = -8.0
    hidden = occlusion(forward, backward)
    expected = np.zeros((40, 60), np.float32)
    expected[10:30, 30:38] = 1.0
    assert np.array_equal(hidden, expected)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(-4, 4), st.integers(-4, 4))
def test_a_steady_pan_hides_only_what_leaves_the_picture(height, width, u, v):
    hidden = occlusion(still(height, width, u, v), still(height, width, -u, -v))
    columns, rows = np.arange(width) + u, np.arange(height) + v
    gone = ((columns < 0) | (columns >= width))[None] | ((rows < 0) | (rows >= height))[:, None]
    assert np.array_equal(hidden == 1.0, gone)
    assert np.isin(hidden, [0.0, 1.0]).all()


def test_what_only_moves_is_steady_and_what_flickers_is_not():
    first = np.random.default_rng(1).random((30, 50), np.float32)
    second = np.roll(first, 3, axis=1)
    forward, backward = still(30, 50, 3), still(30, 50, -3)
    assert unsteadiness(first, second, forward, backward) == 0
    assert np.isclose(unsteadiness(first, second + np.float32(0.25), forward, backward), 0.25)
    assert unsteadiness(first, second, still(30, 50), still(30, 50)) > 0.1
    # What left the picture, or is hidden, does not count.
    assert unsteadiness(first, second, still(30, 50, 90), still(30, 50, -90)) == 0
