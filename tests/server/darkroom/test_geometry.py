"""Pixels stay where they lie when windows change and pictures are padded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import halves, same_bits, unit_pictures
from replate.errors import BadRequest
from replate.frame import Box
from replate_server.darkroom.geometry import crop, pad, pad_to, reframe

places = st.integers(-12, 12)
boxes = st.builds(Box, places, places, st.integers(1, 12), st.integers(1, 12))


@given(halves(finite=False), places, places, boxes, st.sampled_from([0, 1.5, "edge"]))
def test_every_pixel_of_a_window_is_where_it_was_or_filled(picture, x, y, target, fill):
    source = Box(x, y, picture.shape[1], picture.shape[0])
    framed = reframe(picture, source, target, fill)
    assert framed.shape == (target.height, target.width, 3)
    assert framed.dtype == picture.dtype
    for row in range(target.y, target.bottom):
        for column in range(target.x, target.right):
            here = framed[row - target.y, column - target.x]
            if source.y <= row < source.bottom and source.x <= column < source.right:
                assert same_bits(here, picture[row - y, column - x])
            elif fill == "edge":
                near = picture[
                    min(max(row, source.y), source.bottom - 1) - y,
                    min(max(column, source.x), source.right - 1) - x,
                ]
                assert same_bits(here, near)
            else:
                assert (here == fill).all()


@given(halves(channels=None), places, places, st.integers(0, 5), st.integers(0, 5), st.sampled_from([0, "edge"]))
def test_overscan_and_back_loses_nothing(plane, x, y, more_across, more_down, fill):
    small = Box(x, y, plane.shape[1], plane.shape[0])
    large = Box(x - more_across, y - more_down, small.width + 2 * more_across, small.height + more_down)
    assert same_bits(reframe(reframe(plane, small, large, fill), large, small), plane)


def test_the_same_window_gives_the_same_array():
    picture = np.ones((2, 3, 1), np.float32)
    assert reframe(picture, Box(1, 1, 3, 2), Box(1, 1, 3, 2)) is picture


@pytest.mark.parametrize("target", [Box(0, 0, 0, 4), Box(0, 0, 4, 0), Box(0, 0, -3, 4)])
def test_windows_without_pixels_are_refused(target):
    with pytest.raises(BadRequest, match="width and a height"):
        reframe(np.ones((2, 2)), Box(0, 0, 2, 2), target)


def test_pixels_that_do_not_fill_their_window_are_refused():
    with pytest.raises(BadRequest, match="3x2"):
        reframe(np.ones((2, 3)), Box(0, 0, 2, 2), Box(0, 0, 4, 4))


@given(unit_pictures(), st.integers(1, 16), st.integers(1, 40))
def test_padding_fits_the_model_and_comes_off_again(picture, multiple, minimum):
    padded, box = pad(picture, multiple, minimum)
    height, width = padded.shape[:2]
    assert height % multiple == 0 and width % multiple == 0
    assert height >= max(minimum, picture.shape[0]) and width >= max(minimum, picture.shape[1])
    assert height < max(minimum, picture.shape[0]) + multiple
    assert same_bits(crop(padded, box), picture)
    assert np.isin(padded, picture).all()
    if padded.shape == picture.shape:
        assert padded is picture


def test_padding_reflects_as_often_as_it_takes():
    padded, box = pad_to(np.arange(3)[None], 1, 13)
    assert padded[0].tolist() == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]
    assert box == Box(5, 0, 3, 1)
    assert (pad_to(np.full((1, 1, 3), 7), 4, 5)[0] == 7).all()


def test_a_picture_without_pixels_cannot_be_padded():
    with pytest.raises(BadRequest):
        pad(np.ones((0, 4, 3)), 8, 8)
