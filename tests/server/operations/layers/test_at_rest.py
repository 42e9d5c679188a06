"""Put over each other, the layers are the plate: soft edges, highlights, negatives and its own alpha included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from replate_server.operations.layers.coverage import peeled, weights
from replate_server.operations.layers.exact import corrected, over, premultiplied
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.layer import Layer
from replate_server.operations.layers.separation import separate
from scenery import Card, box, disc, scene, slope


def smooth(picture: NDArray[np.float32], hole: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What is hidden goes on from around it: a filler without a model."""
    return np.where(wanted[..., None], extend(picture, ~hole), picture).astype(np.float32)


def composited(layers: Sequence[Layer], plate: NDArray[np.float32]) -> NDArray[np.float32]:
    """As a host does it: half floats, over, in floats."""
    written = premultiplied(layers, plate)
    return over([one[..., :3] for one in written], [one[..., 3].astype(np.float32) for one in written])


def rounding(plate: NDArray[np.float32]) -> NDArray[np.float32]:
    """The step between half floats at each sample."""
    return np.spacing(np.abs(plate).astype(np.float16)).astype(np.float32)


CARDS = [
    Card(disc(45, 36, 22), (0.9, 0.4, 0.05), 4.0),
    Card(disc(70, 30, 18), (0.1, 0.8, 0.1), slope(2.0, 1.2)),
]


@pytest.mark.parametrize("softness", [0.0, 1.0, 6.0])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_picture_comes_back(count: int, softness: float) -> None:
    made = scene(CARDS)
    layers = separate(made.picture, made.distances, smooth, knobs=Knobs(count=count, softness=softness))
    assert count in (0, len(layers))
    error = np.abs(composited(layers, made.picture) - made.picture)
    assert (error <= rounding(made.picture)).all()
    assert error.max() < 0.5 / 255


def test_it_comes_back_with_soft_mattes_that_overlap() -> None:
    made = scene(CARDS)
    mattes = {"one": made.covers[0], "two": made.covers[1]}
    layers = separate(made.picture, made.distances, smooth, mattes)
    assert any(((layer.alpha > 0.1) & (layer.alpha < 0.9)).any() for layer in layers)
    assert (np.abs(composited(layers, made.picture) - made.picture) <= rounding(made.picture)).all()


def test_highlights_and_negatives_come_back() -> None:
    made = scene(CARDS)
    picture = made.picture.copy()
    picture[30:36, 40:80] = (900.0, 450.0, 80.0)
    picture[50:60, 30:60] -= 0.4
    layers = separate(picture, made.distances, smooth)
    # Where one layer is negative the other is brighter than their sum, and so is its rounding.
    largest = np.max([np.abs(one.colour * one.alpha[..., None]) for one in layers], axis=0)
    assert (np.abs(composited(layers, picture) - picture) <= rounding(np.maximum(largest, np.abs(picture)))).all()
    dark, bright = min(float(one.colour.min()) for one in layers), max(float(one.colour.max()) for one in layers)
    assert dark >= -0.5 and bright <= 950


def test_no_colour_is_darker_than_the_plate_where_it_is_not_negative() -> None:
    made = scene(CARDS)
    assert min(float(layer.colour.min()) for layer in separate(made.picture, made.distances, smooth)) >= -1e-6


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_any_colours_and_alphas_are_made_to_composite_to_the_picture(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    picture = random.random((9, 11, 3), np.float32) * 4
    alphas = [random.random((9, 11), np.float32).round(2).astype(np.float16).astype(np.float32) for _ in range(count)]
    alphas[0][:] = 1
    colours = [random.random((9, 11, 3), np.float32) * 8 for _ in range(count)]
    made = corrected(colours, weights(alphas), picture)
    left = np.sum([one * weight[..., None] for one, weight in zip(made, weights(alphas), strict=True)], axis=0)
    np.testing.assert_allclose(left, picture, atol=1e-4)
    layers = [Layer("", one, alpha, alpha) for one, alpha in zip(made, alphas, strict=True)]
    assert (np.abs(composited(layers, picture) - picture) <= 2 * rounding(picture)).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.booleans())
def test_alphas_show_each_layer_by_its_share(seed: int, count: int, whole: bool) -> None:
    random = np.random.default_rng(seed)
    shares = list(random.dirichlet([0.3] * (count + 1), (8, 8)).transpose(2, 0, 1).astype(np.float32)[:count])
    if whole:
        shares[0] = (1 - np.sum(shares[1:], axis=0)).astype(np.float32) if count > 1 else np.ones((8, 8), np.float32)
    for shown, share in zip(weights(peeled(shares, 1.0)), shares, strict=True):
        np.testing.assert_allclose(shown, share, atol=2.5e-3)


def test_what_is_hidden_goes_on_behind() -> None:
    """A table that a post stands before is whole behind it."""
    table, post = box(10, 40, 110, 70), box(50, 5, 62, 72)
    made = scene([Card(table, (0.5, 0.3, 0.1), 4.0), Card(post, (0.9, 0.9, 0.9), 1.5)])
    layers = separate(made.picture, made.distances, smooth, knobs=Knobs(count=3))
    behind = layers[1].alpha[44:68, 52:60]
    assert (behind > 0.98).all()
    assert (layers[1].alpha[8:34, 52:60] < 0.02).all()
