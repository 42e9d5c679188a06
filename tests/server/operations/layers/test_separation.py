"""Each layer is one thing: its own colour, its own depth, whole, and nothing of what hides it."""

from __future__ import annotations

import numpy as np
import pytest

from replate.errors import BadRequest
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.nearness import nearness_of, shrunk
from replate_server.operations.layers.separation import separate
from scenery import Card, box, disc, scene, slope

from .test_at_rest import CARDS, smooth

RED = (0.9, 0.02, 0.01)
"""The wall has no red, and the card no blue."""


@pytest.mark.parametrize(("mattes", "most"), [((), 0.1), (("card",), 0.001)])
def test_behind_a_red_card_there_is_no_red(mattes: tuple[str, ...], most: float) -> None:
    """With the card's true matte; and nearly none where its edge had to be found."""
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    wall, card = separate(made.picture, made.distances, smooth, dict.fromkeys(mattes, made.covers[0]))
    assert wall.colour[..., 0].max() < most
    assert np.median(wall.colour[30:42, 54:66, 2]) > 0.2
    assert (wall.alpha == 1).all()
    assert card.alpha[30:42, 54:66].min() == 1


def test_in_a_red_card_s_soft_edge_there_is_no_blue() -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    _, card = separate(made.picture, made.distances, smooth, {"card": made.covers[0]})
    edge = (card.alpha > 0.2) & (card.alpha < 0.9)
    assert edge.sum() > 100
    assert np.percentile(card.colour[edge][:, 2], 95) < 0.06
    assert np.percentile(card.colour[edge][:, 0], 5) > 0.8
    beyond = (card.alpha == 0) & (disc(60, 36, 24) > 0)
    assert np.abs(card.colour[beyond] - np.float32(RED)).max() < 0.05


def test_a_soft_edge_is_found_where_there_is_no_matte() -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    _, card = separate(made.picture, made.distances, smooth)
    assert np.abs(card.alpha - made.covers[0]).mean() < 0.01
    assert ((card.alpha > 0.1) & (card.alpha < 0.9)).sum() > 100


def test_a_slanted_object_with_a_matte_is_one_layer_of_its_name() -> None:
    card = box(20, 15, 100, 55)
    made = scene([Card(card, RED, slope(9.0, 0.8)), Card(box(0, 60, 30, 72), (0.9, 0.9, 0.9), 2.0)])
    layers = separate(made.picture, made.distances, smooth, {"card": card})
    by_name = {layer.name: layer for layer in layers}
    assert set(by_name) >= {"layer1", "card"}
    assert (by_name["card"].alpha == card).all()


def test_nearer_layers_are_nearer_wherever_they_are() -> None:
    made = scene(CARDS)
    layers = separate(made.picture, made.distances, smooth, knobs=Knobs(count=4))
    for index, layer in enumerate(layers):
        assert np.isfinite(layer.depth).all() and (layer.depth > 0).all()
        for nearer in layers[index + 1 :]:
            there = nearer.alpha > 0
            assert (nearer.depth[there] < layer.depth[there]).all()


def test_depth_at_an_edge_is_the_layer_s_own_though_a_blur_mixed_it() -> None:
    made = scene([Card(box(40, 20, 80, 52), RED, 2.0)])
    nearness = 1 / made.distances
    for _ in range(2):
        nearness = (nearness + np.roll(nearness, 1, 1) + np.roll(nearness, -1, 1)) / 3
        nearness = (nearness + np.roll(nearness, 1, 0) + np.roll(nearness, -1, 0)) / 3
    wall, card = separate(made.picture, 1 / nearness, smooth)
    np.testing.assert_allclose(card.depth, 2.0, rtol=0.05)
    np.testing.assert_allclose(wall.depth, 10.0, rtol=0.05)


def test_inside_a_layer_depth_is_the_depth_that_was_given() -> None:
    made = scene([Card(disc(60, 36, 22), RED, slope(3.0, 1.5))])
    _, card = separate(made.picture, made.distances, smooth)
    core = disc(60, 36, 14) == 1
    np.testing.assert_allclose(card.depth[core], made.distances[core], rtol=1e-5)


def test_infinity_and_what_is_not_known_become_places() -> None:
    distances = np.full((12, 12), 5.0, np.float32)
    distances[:, 8:], distances[:, 6:8], distances[:2, :4] = 2.0, np.nan, np.inf
    nearness = nearness_of(distances)
    assert (nearness[:2, :4] == np.float32(0.5 / 1000)).all()
    np.testing.assert_allclose(nearness[4:, 6:8], 0.2, rtol=0.05)
    assert (nearness[:, 8:] == 0.5).all()


def test_a_depth_that_knows_nothing_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"The depth knows no distance at any pixel; give a depth"):
        nearness_of(np.full((4, 4), np.nan))


def test_a_depth_is_made_smaller_without_inventing_distances() -> None:
    made = scene(CARDS[:1])
    nearness = nearness_of(made.distances)
    assert set(np.unique(shrunk(nearness, 50))) == set(np.unique(nearness))
    assert shrunk(nearness, 50).shape == (30, 50)
