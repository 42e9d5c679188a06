"""A picture done in tiles is the picture done whole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate.errors import Cancelled, Failed
from replate_server.darkroom.tiles import tiled


def picture(height: int, width: int, channels: int = 3, seed: int = 0):
    return np.random.default_rng(seed).random((height, width, channels), dtype=np.float32)


settings_of_a_model = st.fixed_dictionaries(
    {
        "most_pixels": st.none() | st.integers(1, 900),
        "overlap": st.integers(0, 24),
        "multiple": st.integers(1, 9),
        "minimum": st.integers(1, 20),
    }
)


@given(st.integers(1, 70), st.integers(1, 70), settings_of_a_model)
def test_an_identity_keeps_every_pixel(height, width, taken):
    source = picture(height, width)
    assert np.array_equal(tiled(source, lambda tile: tile, **taken), source)


@given(st.integers(1, 70), st.integers(1, 70), settings_of_a_model)
def test_every_tile_is_what_the_model_takes(height, width, taken):
    shapes = []

    def work(tile):
        shapes.append(tile.shape)
        return np.repeat(tile[..., :1], 5, axis=2)

    done = tiled(picture(height, width), work, **taken)
    assert done.shape == (height, width, 5)
    multiple, minimum = taken["multiple"], taken["minimum"]
    least = -(-minimum // multiple) * multiple
    for rows, columns, _ in set(shapes):
        assert rows % multiple == 0 and columns % multiple == 0
        assert min(rows, columns) >= minimum
        # Where the least side that a model takes is already too large, there is no smaller tile.
        assert taken["most_pixels"] is None or rows * columns <= max(taken["most_pixels"], least * max(rows, columns))


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 4))
def test_a_filter_within_the_overlap_gives_what_it_gives_on_the_whole(height, width, radius):
    source = picture(height, width, seed=height)

    def smooth(tile):
        kernel = (2 * radius + 1, 2 * radius + 1)
        return cv2.blur(tile, kernel, borderType=cv2.BORDER_REPLICATE).reshape(tile.shape)

    done = tiled(source, smooth, most_pixels=40 * 40, overlap=4 * radius, multiple=1)
    assert np.allclose(done, smooth(source), atol=2e-6)


def test_tiles_that_disagree_are_mixed_without_a_step():
    levels = iter(range(1000))
    done = tiled(
        np.zeros((300, 200, 1), np.float32),
        lambda tile: np.full_like(tile, next(levels)),
        most_pixels=64 * 64,
        overlap=32,
        multiple=8,
    )
    highest = float(done.max())
    for axis in (0, 1):
        # A ramp takes half of an overlap of 32, and no two neighbours differ by more than the range of levels.
        assert np.abs(np.diff(done, axis=axis)).max() <= highest / 16
    assert done[0, 0] == 0.0


def test_the_borders_of_the_picture_are_not_faded():
    done = tiled(np.ones((100, 100, 2), np.float32), lambda tile: tile, most_pixels=1024, overlap=8, multiple=4)
    assert (done == 1.0).all()


def test_progress_rises_to_one_and_can_stop_the_work():
    ticks: list[float] = []
    tiled(picture(50, 50), lambda tile: tile, most_pixels=400, overlap=4, multiple=2, tick=ticks.append)
    assert len(ticks) > 4 and ticks == sorted(ticks) and ticks[-1] == 1.0

    def stop(fraction):
        raise Cancelled("Somebody stopped it.")

    with pytest.raises(Cancelled):
        tiled(picture(50, 50), lambda tile: tile, most_pixels=400, overlap=4, multiple=2, tick=stop)


def test_a_model_that_changes_the_size_is_told_so():
    with pytest.raises(Failed, match="height and width"):
        tiled(picture(9, 9), lambda tile: tile[1:], most_pixels=None, overlap=0, multiple=1)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(2, 4), settings_of_a_model)
def test_what_comes_back_larger_is_put_together_where_it_belongs(height, width, scale, taken):
    source = picture(height, width)
    done = tiled(source, lambda tile: tile.repeat(scale, 0).repeat(scale, 1), scale=scale, **taken)
    assert np.array_equal(done, source.repeat(scale, 0).repeat(scale, 1))


def test_a_larger_picture_of_another_size_is_refused():
    with pytest.raises(Failed, match="give 2 times the height and width"):
        tiled(picture(20, 20), lambda tile: tile, scale=2, most_pixels=None, overlap=0, multiple=1)
