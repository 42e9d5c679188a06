"""What a depth does not know goes on from the farther side, smoothly."""

from __future__ import annotations

import numpy as np
import pytest

from replate.errors import BadRequest
from replate_server.operations.layers.nearness import nearness_of


def test_what_is_known_stays_as_it_is() -> None:
    distances = np.random.default_rng(1).uniform(1, 9, (20, 30)).astype(np.float32)
    distances[5:9, 5:12] = np.nan
    known = np.isfinite(distances)
    assert np.array_equal(nearness_of(distances)[known], (1 / distances)[known])


def test_a_hole_beside_something_near_goes_on_from_behind_it() -> None:
    """A shadow under a bar before a slanted wall: left and right of it, there is only the bar's stand."""
    y, x = np.mgrid[:60, :80]
    wall = (0.1 + 0.001 * x + 0.0005 * y).astype(np.float32)
    near = wall.copy()
    near[20:28] = 0.5
    near[28:36, :10] = near[28:36, 70:] = 0.5
    distances = 1 / near
    distances[28:36, 10:70] = np.nan
    found = nearness_of(distances)[28:36, 10:70]
    assert np.abs(found - wall[28:36, 10:70]).max() < 0.012
    assert np.abs(found[-2:] - wall[34:36, 10:70]).max() < 0.005


def test_a_hole_in_something_near_stays_near() -> None:
    distances = np.full((40, 40), 10.0, np.float32)
    distances[10:30, 10:30] = 2.0
    distances[15:22, 14:26] = np.nan
    assert np.allclose(nearness_of(distances)[10:30, 10:30], 0.5)


def test_a_lone_known_pixel_is_all_there_is() -> None:
    distances = np.full((9, 9), np.nan, np.float32)
    distances[2, 5] = 4.0
    assert np.allclose(nearness_of(distances), 0.25)


def test_where_nothing_is_known_it_says_so() -> None:
    with pytest.raises(BadRequest, match="knows no distance at any pixel"):
        nearness_of(np.full((4, 4), np.nan, np.float32))
