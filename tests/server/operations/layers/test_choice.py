"""A sensible number of layers, as many as are asked for, and none that cuts through a thing."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.darkroom.range import compress
from replate_server.operations.layers.choice import choose
from replate_server.operations.layers.chosen import Choice, Sample
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.labelling import labelled
from replate_server.operations.layers.nearness import nearness_of
from replate_server.operations.layers.separation import sampled, whole_depth
from scenery import Card, Scene, box, disc, floor, scene, slope

RED, GREEN, WHITE = (0.8, 0.1, 0.1), (0.1, 0.7, 0.1), (0.9, 0.9, 0.9)
THREE = [
    Card(box(6, 8, 40, 60), RED, 4.0),
    Card(box(44, 10, 76, 64), GREEN, 2.5),
    Card(box(80, 12, 114, 66), WHITE, 1.2),
]


def sample(made: Scene, **mattes: np.ndarray) -> Sample:
    nearness = nearness_of(made.distances)
    return sampled(compress(made.picture), nearness, mattes, whole_depth(nearness), Knobs())


def layers(made: Scene, count: int = 0, **mattes: np.ndarray) -> tuple[Choice, np.ndarray]:
    one = sample(made, **mattes)
    choice = choose([one], len(mattes), count)
    return choice, labelled(one.regions, one.nearness, choice)


@pytest.mark.parametrize(("cards", "proposed"), [(THREE[:0], 1), (THREE[:1], 2), (THREE[1:], 3), (THREE, 4)])
def test_as_many_layers_are_proposed_as_there_are_depths(cards: list[Card], proposed: int) -> None:
    assert len(layers(scene(cards))[0].order) == proposed


def test_things_equally_far_share_a_layer() -> None:
    cards = [Card(card.cover, card.colour, 3.0) for card in THREE]
    choice, labels = layers(scene(cards))
    assert len(choice.order) == 2
    assert all((labels[card.cover > 0] == 1).mean() > 0.97 for card in cards)


def test_a_proposal_is_never_excessive() -> None:
    cards = [Card(box(4 + 11 * at, 10, 13 + 11 * at, 60), RED, 9.0 - 0.8 * at) for at in range(10)]
    assert 2 <= len(layers(scene(cards))[0].order) <= 6


@pytest.mark.parametrize("count", range(1, 9))
def test_as_many_layers_come_as_are_asked_for(count: int) -> None:
    choice, labels = layers(scene(THREE, far=floor()), count)
    names = choice.names(())
    assert len(names) == len(set(names)) == count
    assert names == tuple(f"layer{one + 1}" for one in range(count))
    assert set(np.unique(labels)) == set(range(count))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_no_card_is_cut_while_there_are_as_many_as_layers(count: int) -> None:
    cards = [*THREE[:2], Card(THREE[2].cover, WHITE, slope(30.0, 0.8))]
    choice, labels = layers(scene(cards), count)
    assert not choice.sliced
    for card in cards:
        assert np.bincount(labels[card.cover > 0]).max() / (card.cover > 0).sum() > 0.97


def test_who_stands_on_a_floor_lies_before_it_though_the_floor_comes_nearer() -> None:
    ground = floor()
    standing = box(50, 8, 66, 44)
    _, labels = layers(scene([Card(standing, RED, float(ground[43, 0]))], far=ground), 2)
    assert (labels[standing > 0] == 1).mean() > 0.95
    assert (labels[standing == 0] == 0).mean() > 0.97


def test_an_object_goes_between_what_it_hides_and_what_hides_it() -> None:
    cards = [
        Card(box(20, 10, 70, 62), GREEN, 5.0),
        Card(box(40, 20, 90, 56), RED, 2.0),
        Card(box(80, 0, 110, 72), WHITE, 1.0),
    ]
    made = scene(cards)
    seen = cards[1].cover * (1 - cards[2].cover)
    choice, _ = layers(made, 0, dog=seen)
    assert choice.names(("dog",)) == ("layer1", "layer2", "dog", "layer3")


def test_objects_come_in_the_order_of_their_occlusion() -> None:
    near, far = disc(50, 36, 18), disc(70, 36, 18)
    made = scene([Card(far, RED, 4.0), Card(near, GREEN, 2.0)])
    choice, _ = layers(made, 0, near=near, far=far * (1 - near))
    assert choice.names(("near", "far")) == ("layer1", "far", "near")


def test_more_objects_than_layers_asked_for_keep_a_layer_each() -> None:
    near, far = disc(40, 36, 14), disc(85, 36, 14)
    made = scene([Card(far, RED, 4.0), Card(near, GREEN, 2.0)])
    choice, _ = layers(made, 1, near=near, far=far)
    assert choice.names(("near", "far")) == ("layer1", "far", "near")


def test_the_layers_of_a_shot_are_those_of_all_its_frames() -> None:
    """A card that is in the last frame only has its layer, and the first frame leaves it empty."""
    first, last = sample(scene(THREE[:1])), sample(scene(THREE[:2]))
    choice = choose([first, last], 0, 0)
    assert len(choice.order) == 3
    assert 2 not in labelled(first.regions, first.nearness, choice)
    assert 2 in labelled(last.regions, last.nearness, choice)
