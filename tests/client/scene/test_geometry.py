"""Where surfaces lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from replate.frame import Box
from replate.scene.geometry import card, cells, picture_places, points, sampled, seen, triangles

boxes = st.builds(Box, st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 40), st.integers(1, 40))


@settings(deadline=None, max_examples=50)
@given(boxes, st.integers(1, 60))
def test_cells_are_square_and_cover_the_picture(data: Box, longest: int) -> None:
    grid = cells(data, longest)
    size = np.diff(grid.x)[0]
    assert grid.area.covers(data)
    assert size >= 1 and size == np.diff(grid.y)[0] == round(size)
    assert abs(size - max(data.width, data.height) / longest) <= 1
    assert grid.area.width - data.width <= size + 4


@settings(deadline=None, max_examples=50)
@given(boxes, st.integers(1, 60))
def test_no_middle_of_a_pixel_lies_on_an_edge_of_a_triangle(data: Box, longest: int) -> None:
    y, x = np.mgrid[data.y : data.bottom, data.x : data.right] + 0.5
    for grid in (cells(data, longest), card(data)):
        across = (x - grid.area.x) / grid.area.width * grid.columns
        down = (y - grid.area.y) / grid.area.height * grid.rows
        for place in (across, down, across - down):
            assert np.abs(place - np.round(place)).min() > 1e-5
        assert grid.area.covers(data)


@settings(deadline=None, max_examples=50)
@given(boxes, st.integers(1, 30), st.integers(0, 99))
def test_depth_is_sampled_as_a_texture_is(data: Box, longest: int, seed: int) -> None:
    """OpenImageIO's own bilinear lookup, whose pixels have their middles at .5 too."""
    depth = np.random.default_rng(seed).random((data.height, data.width)).astype(np.float32)
    grid = cells(data, longest)
    picture = oiio.ImageBuf(depth[:, :, None])
    found = sampled(depth, data, grid)
    for row in range(0, grid.rows + 1, max(1, grid.rows // 3)):
        for column in range(0, grid.columns + 1, max(1, grid.columns // 3)):
            place = grid.x[column] - data.x, grid.y[row] - data.y
            reference = picture.interppixel(*map(float, place), wrap="clamp")
            np.testing.assert_allclose(found[row, column], reference[0], atol=2e-5)


def test_every_vertex_is_seen_where_it_belongs(written: Callable[..., object]) -> None:
    scene, _ = written(focal=28.0, offset=(3.0, -2.0))  # type: ignore[misc]
    grid = cells(scene.data_window, 12)
    far = np.random.default_rng(3).uniform(2, 40, (grid.rows + 1, grid.columns + 1)).astype(np.float32)
    found = points(scene, grid, far).astype(np.float64)
    # A pinhole, in millimetres on the sensor: the picture's middle is off the axis by the offset.
    across, up = -28.0 * found[:, 0] / found[:, 2], -28.0 * found[:, 1] / found[:, 2]
    pitch = 36.0 / 48
    x = (across - 3.0) / pitch + 24
    y = 32 - (up + 2.0) / (pitch / 2)
    np.testing.assert_allclose(x.reshape(far.shape), np.broadcast_to(grid.x, far.shape), atol=1e-3)
    np.testing.assert_allclose(y.reshape(far.shape).T, np.broadcast_to(grid.y, far.T.shape), atol=1e-3)
    np.testing.assert_allclose(-found[:, 2], far.reshape(-1))
    places = picture_places(scene.data_window, grid)
    np.testing.assert_allclose(places[:, 0] * 58 - 6, x, atol=1e-3)
    np.testing.assert_allclose((1 - places[:, 1]) * 72 - 4, y, atol=1e-3)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_triangles_meet_edge_to_edge_and_face_the_camera(columns: int, rows: int, seed: int) -> None:
    kept = np.random.default_rng(seed).random((rows, columns)) < 0.7
    faces = triangles(kept)
    assert len(faces) == 2 * kept.sum()
    edges = Counter((int(face[i]), int(face[(i + 1) % 3])) for face in faces for i in range(3))
    assert all(count == 1 for count in edges.values())
    place = np.stack(np.meshgrid(np.arange(columns + 1), -np.arange(rows + 1)), axis=2).reshape(-1, 2)
    first, second = place[faces[:, 1]] - place[faces[:, 0]], place[faces[:, 2]] - place[faces[:, 0]]
    assert (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] == 1).all()


@settings(deadline=None, max_examples=50)
@given(boxes, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_no_cell_goes_that_shows_a_pixel(data: Box, longest: int, seed: int) -> None:
    visible = np.random.default_rng(seed).random((data.height, data.width)) < 0.05
    grid = cells(data, longest)
    kept = seen(visible, data, grid)
    y, x = np.nonzero(visible)
    # A bilinear lookup spreads a pixel to the middles of its neighbours.
    for right, down in ((0.5, 0.5), (-0.49, 0.5), (1.49, 0.5), (0.5, -0.49), (0.5, 1.49)):
        column = np.searchsorted(grid.x, x + data.x + right) - 1
        row = np.searchsorted(grid.y, y + data.y + down) - 1
        assert kept[np.clip(row, 0, grid.rows - 1), np.clip(column, 0, grid.columns - 1)].all()
    if not visible.any():
        assert not kept.any()


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_layers_in_order_at_their_pixels_do_not_cross_in_between(seed: int) -> None:
    noise = np.random.default_rng(seed)
    data = Box(0, 0, 12, 9)
    behind = noise.uniform(1, 50, (9, 12)).astype(np.float32)
    before = (behind * noise.uniform(0.05, 0.999, (9, 12))).astype(np.float32)
    grid = cells(data, 3)
    faces = triangles(np.ones((grid.rows, grid.columns), bool))
    shares = noise.dirichlet((1, 1, 1), len(faces))
    # Across a triangle's image 1/Z is linear.
    near, far = ((shares / sampled(depth, data, grid).reshape(-1)[faces]).sum(axis=1) for depth in (before, behind))
    assert (near > far).all()
