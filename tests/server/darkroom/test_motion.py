"""Motion vectors lead to where things are, and say where they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves, unit_pictures
from replate.errors import Failed
from replate_server.darkroom.motion import (
    along,
    inverse,
    likeness,
    occlusion,
    parted,
    unsteadiness,
    warp,
    without_specks,
)
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


def test_cubics_keep_what_straight_lines_blur():
    x = np.arange(64, dtype=np.float32)
    waves = np.repeat(np.sin(x)[None], 4, axis=0)
    straight, sharp = (warp(waves, still(4, 64, u=0.5), Nature.COLOUR, sharp) for sharp in (False, True))
    truth = np.sin(x + 0.5)
    assert np.abs(sharp[1] - truth)[2:-2].max() < np.abs(straight[1] - truth)[2:-2].max() / 2


def test_steps_lead_on_and_stop_where_something_is_hidden():
    hidden = np.ones((20, 40), np.float32)
    hidden[:, 30] = 0
    steps = [(still(20, 40, 2, 1), np.ones((20, 40), np.float32)), (still(20, 40, 3, -1), hidden)]
    (first, all_seen), (both, seen) = along(iter(steps))
    assert np.array_equal(first, still(20, 40, 2, 1)) and all_seen.all()
    assert np.array_equal(both, still(20, 40, 5, 0))
    # What is hidden in the second step at 30 was at 28 in the first frame of all.
    assert not seen[:, 28].any() and seen[:, :28].all() and seen[:, 29:].all()
    assert list(along(iter([]))) == []


def test_an_inverse_undoes_a_motion_that_was_measured_a_little_wrong():
    y, x = np.mgrid[:40, :60].astype(np.float32)
    there = np.stack([2 + np.sin(y / 9), 1.5 * np.cos(x / 11)], axis=-1)
    back = inverse(there, still(40, 60, -2, 0))
    home = back + warp(there, back, Nature.COLOUR)
    assert np.abs(home[4:-4, 4:-4]).max() < 0.03
    assert np.abs(still(40, 60, -2, 0) + warp(there, still(40, 60, -2, 0), Nature.COLOUR)).max() > 1


def test_distances_tell_things_apart_and_slopes_are_one():
    ground = np.linspace(0.1, 0.2, 30, dtype=np.float32)[:, None].repeat(40, axis=1)
    near, apart = ground.copy(), np.zeros((30, 40), np.float32)
    near[5:15, 10:20], apart[5:15, 10:20] = 0.5, 1
    assert np.array_equal(parted(ground, near, still(30, 40)), apart)
    assert np.array_equal(parted(near, ground, still(30, 40)), apart)
    assert not parted(ground[:-1], ground[1:], still(29, 40, v=-0.5)).any()
    unknown = np.full_like(near, np.nan)
    assert not parted(unknown, near, still(30, 40)).any() and not parted(near, unknown, still(30, 40)).any()
    # Two that are infinitely far are one.
    assert not parted(0 * near, 0 * near, still(30, 40)).any()
    assert parted(0 * near, near, still(30, 40)).all()


def test_what_looks_alike_is_trusted_and_not_near_what_does_not():
    first = np.random.default_rng(4).random((30, 40, 3), np.float32) / 2
    second = np.roll(first, 2, axis=1)
    second[10:14, 20:24] += 0.5
    alike = likeness(first, second, still(30, 40, 2))
    assert np.allclose(np.delete(alike[:, :38], np.s_[10:14], axis=0), 1)
    assert (alike[10:14, 18:22] < 1e-3).all()
    trust, wary = (without_specks(alike, margin) for margin in (1, 2))
    assert (wary <= trust + 1e-6).all() and wary[8:16, 16:24].max() < 0.7 < 0.99 < wary[:2, :30].min()


def test_what_only_moves_is_steady_and_what_flickers_is_not():
    first = np.random.default_rng(1).random((30, 50), np.float32)
    second = np.roll(first, 3, axis=1)
    forward, backward = still(30, 50, 3), still(30, 50, -3)
    assert unsteadiness(first, second, forward, backward) == 0
    assert np.isclose(unsteadiness(first, second + np.float32(0.25), forward, backward), 0.25)
    assert unsteadiness(first, second, still(30, 50), still(30, 50)) > 0.1
    # What left the picture, or is hidden, does not count.
    assert unsteadiness(first, second, still(30, 50, 90), still(30, 50, -90)) == 0
