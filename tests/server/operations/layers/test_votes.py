"""What a pixel belongs to by most of the frames that show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from replate_server.operations.layers.choice import without_empty
from replate_server.operations.layers.chosen import Choice, object_label
from replate_server.operations.layers.regions import NOBODY, Labels
from replate_server.operations.layers.votes import Between, carried, voted

HEIGHT, WIDTH = 40, 60
SPEED = 1.5
"""Pixels to the right a frame: no whole number, as motion is."""


def moving(frames: int) -> list[Between]:
    there = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    there[..., 0] = SPEED
    return [Between(there, -there)] * (frames - 1)


def card(frame: int, label: int = 1, left: float = 8.0) -> Labels:
    """A card that moves as `moving` says, before what is 0."""
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    at = round(left + SPEED * frame)
    labels[10:30, at : at + 20] = label
    return labels


def wrong(found: Sequence[Labels], truth: Sequence[Labels]) -> float:
    return float(np.mean([(one != other).mean() for one, other in zip(found, truth, strict=True)]))


def test_a_region_that_hops_for_some_frames_stays_where_most_have_it() -> None:
    hops = [card(frame, label) for frame, label in enumerate((1, 1, 2, 1, 0, 1, 2, 1, 1))]
    truth = [card(frame) for frame in range(len(hops))]
    assert wrong(hops, truth) > 0.05
    assert wrong(voted(hops, moving(len(hops)), 3), truth) < 0.003


def test_a_region_that_changes_for_good_is_one_thing_all_the_same() -> None:
    changing = [card(frame, 2 if frame < 3 else 1) for frame in range(8)]
    assert wrong(voted(changing, moving(8), 3), [card(frame) for frame in range(8)]) < 0.003


def test_outlines_are_those_of_each_frame() -> None:
    """Motion that is two pixels off takes nothing from a card, and gives it nothing."""
    still = [Between(np.zeros((HEIGHT, WIDTH, 2), np.float32), np.zeros((HEIGHT, WIDTH, 2), np.float32))] * 4
    truth = [card(frame) for frame in (0, 1, 2, 1, 0)]
    for found, own in zip(voted(truth, still, 2), truth, strict=True):
        np.testing.assert_array_equal(found, own)


def test_what_has_a_matte_has_no_vote_and_gets_none() -> None:
    matted = [np.where(card(frame) > 0, NOBODY, 0).astype(np.int32) for frame in range(4)]
    for found, own in zip(voted(matted, moving(4), 2), matted, strict=True):
        np.testing.assert_array_equal(found, own)


def test_one_frame_has_its_own_way() -> None:
    np.testing.assert_array_equal(voted([card(0)], [], 2)[0], card(0))


def test_what_comes_into_the_picture_was_nowhere_before() -> None:
    held = carried(card(0), moving(2)[0])
    assert (held[:, 0] == NOBODY).all()
    assert (held[:, 3:] >= 0).all() and (held == 1).sum() == (card(0) == 1).sum()


def test_a_layer_that_comes_to_nothing_joins_what_is_behind_it() -> None:
    labels = card(0, 3)
    labels[0, 0] = 2
    labels[35:] = 1
    choice = Choice((0.2, 0.4, 0.6), frozenset(), (0, 1, object_label(0), 2, 3))
    kept, (found,) = without_empty(choice, [labels])
    assert kept == Choice((0.2, 0.6), frozenset(), (0, 1, object_label(0), 2))
    assert found[0, 0] == 1 and set(np.unique(found)) == {0, 1, 2}
    np.testing.assert_array_equal(found == 2, labels == 3)


def test_of_two_backmost_layers_the_one_that_shows_is_left() -> None:
    choice = Choice((0.5,), frozenset(), (0, 1))
    kept, (found,) = without_empty(choice, [np.ones((HEIGHT, WIDTH), np.int32)])
    assert kept == Choice((), frozenset(), (0,))
    assert (found == 0).all()
