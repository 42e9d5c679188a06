"""A frame in numbers: still things measure as still, along any motion, and nothing is said where nothing is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from replate.frame import Figure
from replate_server.darkroom.figures import LONGEST, Pair, measured, small, warping_error
from replate_server.darkroom.manner import manner_of

HEIGHT, WIDTH = 90, 160
SHIFT = 8


def wide(seed: int, width: int = WIDTH + SHIFT, height: int = HEIGHT):
    noise = np.random.default_rng(seed).random((height, width, 3), np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 3) * 3 - 1, 0, 1)


def panned(picture):
    """Two frames of a pan, and the motion from the later to the earlier and back: things go left by `SHIFT` pixels."""
    later, earlier = picture[:, SHIFT:], picture[:, :-SHIFT]
    there = np.zeros((*later.shape[:2], 2), np.float32)
    there[..., 0] = SHIFT
    return later, earlier, (there, -there)


def values(figures: tuple[Figure, ...]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


def test_what_moves_with_the_plate_is_still():
    later, earlier, motion = panned(wide(1))
    made = values(measured(Pair(later, 1 - later), Pair(earlier, 1 - earlier), motion, None))
    assert made["warping_error"] == pytest.approx(0, abs=1e-9)
    assert made["plate_warping_error"] == pytest.approx(0, abs=1e-9)


def test_flicker_is_measured_as_the_square_of_what_changes():
    later, earlier, motion = panned(wide(1))
    made = values(measured(Pair(later, earlier * 0 + 0.6), Pair(earlier, earlier * 0 + 0.5), motion, None))
    assert made["warping_error"] == pytest.approx(0.01, rel=1e-3)
    assert made["plate_warping_error"] == pytest.approx(0, abs=1e-9)


def test_what_is_not_seen_in_both_does_not_count():
    later, earlier, (there, _) = panned(wide(1))
    result = later.copy()
    result[:, 100:] = 0
    seen = np.zeros((HEIGHT, WIDTH), bool)
    seen[:, :100] = True
    assert warping_error(result, earlier, there, seen) == pytest.approx(0, abs=1e-9)
    assert warping_error(result, earlier, there, ~seen) > 0.01
    assert warping_error(result, earlier, there, seen & ~seen) == 0


def test_a_large_picture_is_measured_small_and_its_motion_with_it():
    later, earlier, motion = panned(wide(2, 2 * LONGEST + SHIFT, 200))
    now, before = Pair.of(later, later), Pair.of(earlier, earlier)
    assert now.plate.shape == (100, LONGEST, 3)
    assert values(measured(now, before, motion, None))["warping_error"] < 1e-6


def test_the_style_is_at_zero_and_the_plate_at_one():
    plate, style = wide(3), cv2.GaussianBlur(wide(4), (0, 0), 2) * np.float32([1, 0.5, 0.2])
    manner = manner_of(style)
    assert values(measured(Pair(plate, plate), None, None, manner))["style_distance"] == pytest.approx(1)
    assert values(measured(Pair(plate, style), None, None, manner))["style_distance"] == pytest.approx(0, abs=1e-6)
    # A plate in the style's own manner is no division by nothing.
    assert values(measured(Pair(style, style), None, None, manner))["style_distance"] == pytest.approx(0, abs=1e-6)


def test_nothing_is_said_where_nothing_is_known():
    plate = wide(5)
    assert values(measured(Pair(plate, plate), None, None, None)) == {"structure": pytest.approx(1, abs=1e-5)}
    apart = np.full((*plate.shape[:2], 2), 1000, np.float32)
    assert set(values(measured(Pair(plate, plate), Pair(plate, plate), (apart, apart), None))) == {"structure"}


def test_a_small_picture_is_measured_as_it_is():
    assert small(wide(6)).shape == wide(6).shape
