"""Samples of depth are distances, whichever way they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate.depth import Depth, distances, samples
from replate.errors import BadRequest

depths = st.builds(Depth, st.booleans(), st.booleans(), st.just(0.5), st.just(50.0), st.sampled_from([0.0, -1.0, 1e10]))


@given(depths, st.lists(st.floats(2**-7, 1e6, width=32), min_size=1, max_size=20))
def test_distances_come_back(depth: Depth, given_: list[float]) -> None:
    far = np.array(given_, np.float32)
    np.testing.assert_allclose(distances(samples(far, depth), depth), far, rtol=1e-6)


@pytest.mark.parametrize("invalid", [0.0, -1.0])
def test_where_nothing_is_known_is_no_distance(invalid: float) -> None:
    depth = Depth(True, False, 1.0, 9.0, invalid)
    assert samples(np.array([np.nan, -2.0, 0.0, 3.0]), depth).tolist() == [invalid, invalid, invalid, 3.0]
    assert np.isnan(distances(np.array([invalid, np.nan, -2.0]), depth)).all()


def test_zero_is_infinity_where_samples_are_one_over_distance() -> None:
    depth = Depth(False, True, 1.0, float("inf"))
    assert distances(np.array([0.0, 0.5]), depth).tolist() == [np.inf, 2.0]
    assert samples(np.array([np.inf, 2.0]), depth).tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("near", "far", "focal"),
    [(-1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (2.0, 1.0, 0.0), (float("nan"), 1.0, 0.0), (1.0, 2.0, -1.0)],
)
def test_numbers_that_make_no_sense_together_are_refused(near: float, far: float, focal: float) -> None:
    with pytest.raises(BadRequest, match="makes no sense"):
        Depth(True, True, near, far, 0.0, focal)
