"""Premultiplied colour to colour and back; light without coverage is kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves
from replate_server.darkroom.alpha import LEAST, premultiply, unpremultiply


@given(halves(channels=4, finite=True))
def test_any_half_picture_comes_back(picture):
    rgb, alpha = picture[..., :3], picture[..., 3]
    colour = unpremultiply(rgb, alpha)
    assert np.isfinite(colour).all()
    assert np.array_equal(premultiply(colour, alpha).astype(np.float16), rgb)


@given(halves(), st.sampled_from([0.0, -0.0, -1.0, -65504.0, 6e-8, LEAST / 2, 1.0, 1.5, 65504.0, np.nan, np.inf]))
def test_colour_passes_unchanged_where_alpha_covers_nothing_or_all(rgb, level):
    alpha = np.full(rgb.shape[:2], level, np.float16)
    assert np.array_equal(unpremultiply(rgb, alpha), rgb.astype(np.float32))
    assert np.array_equal(premultiply(rgb.astype(np.float32), alpha), rgb.astype(np.float32))


def test_half_covered_colour_is_twice_as_bright_without_its_alpha():
    rgb = np.full((1, 1, 3), 0.25, np.float32)
    assert (unpremultiply(rgb, np.full((1, 1), 0.5, np.float32)) == 0.5).all()
