"""NaN and infinity are counted, replaced, and go no further."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves, same_bits
from replate_server.darkroom.finite import finite, is_finite


@given(halves(finite=True), st.sampled_from([np.float16, np.float32]))
def test_a_clean_picture_is_given_back_itself(picture, dtype):
    clean = picture.astype(dtype)
    mended, nan, infinite = finite(clean)
    assert mended is clean
    assert (nan, infinite) == (0, 0)


@given(halves(finite=False), st.sampled_from([np.float16, np.float32]))
def test_any_picture_becomes_finite_and_the_finite_samples_stay(picture, dtype):
    picture = picture.astype(dtype)
    mended, nan, infinite = finite(picture)
    assert np.isfinite(mended).all() and is_finite(mended)
    assert is_finite(picture) == bool(np.isfinite(picture).all())
    assert (nan, infinite) == (np.isnan(picture).sum(), np.isinf(picture).sum())
    good = np.isfinite(picture)
    assert same_bits(mended[good], picture[good])
    assert mended.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_nan_becomes_the_mean_of_its_finite_neighbours(dtype):
    picture = np.array([[1, 2, np.inf], [3, np.nan, np.nan], [4, 5, 6]], dtype)
    mended, nan, infinite = finite(picture)
    assert (nan, infinite) == (2, 1)
    assert mended[1, 1] == dtype(np.mean([1, 2, 3, 4, 5, 6]))
    assert mended[1, 2] == dtype(np.mean([2, 5, 6]))
    assert mended[0, 2] == 65504


def test_channels_do_not_mix_and_nothing_around_gives_zero():
    picture = np.full((3, 3, 2), np.nan, np.float16)
    picture[..., 1] = 7
    picture[1, 1, 1] = -np.inf
    mended, nan, infinite = finite(picture)
    assert (nan, infinite) == (9, 1)
    assert (mended[..., 0] == 0).all()
    assert mended[1, 1, 1] == -65504


def test_a_single_nan_pixel_is_black():
    assert finite(np.full((1, 1), np.nan, np.float32))[0] == 0.0
