"""What hangs together in depth is one region, and what a step parts is two."""

from __future__ import annotations

import numpy as np

from replate_server.darkroom.range import compress
from replate_server.operations.layers.nearness import nearness_of
from replate_server.operations.layers.regions import NOBODY, Regions, regions
from scenery import Card, Scene, box, disc, floor, scene, slope

STEP = 0.05


def found(made: Scene, outside: np.ndarray | None = None, held: np.ndarray | None = None) -> Regions:
    nearness = nearness_of(made.distances)
    return regions(nearness, compress(made.picture), STEP * float(np.ptp(nearness)), outside, held)


def purest(labels: np.ndarray, where: np.ndarray) -> tuple[int, float]:
    """The label most frequent there, and its share."""
    counts = np.bincount(labels[where & (labels >= 0)])
    return int(counts.argmax()), float(counts.max() / where.sum())


def test_a_floor_from_the_feet_to_the_wall_is_one_region_with_it() -> None:
    assert found(scene([], far=floor())).area.size == 1


def test_a_person_on_a_floor_comes_apart_from_it_though_the_feet_touch() -> None:
    ground = floor()
    standing = box(50, 14, 66, 60)
    made = scene([Card(standing, (0.8, 0.3, 0.1), float(ground[59, 0]))], far=ground)
    labels = found(made).labels
    person, share = purest(labels, standing > 0)
    assert share > 0.95
    assert (labels[standing == 0] == person).mean() < 0.01


def test_a_slanted_card_is_one_region() -> None:
    card = box(20, 15, 100, 55)
    made = scene([Card(card, (0.7, 0.6, 0.1), slope(8.0, 1.0))])
    labels = found(made).labels
    one, share = purest(labels, card > 0)
    assert share > 0.97
    assert (labels[card == 0] == one).mean() < 0.02


def test_noise_parts_nothing() -> None:
    made = scene([Card(disc(60, 36, 20), (0.5, 0.5, 0.1), 2.0)])
    noise = np.random.default_rng(0).normal(0, 0.01, made.distances.shape)
    noisy = Scene(made.picture, (1 / (1 / made.distances + noise * 0.4)).astype(np.float32), made.covers)
    assert found(noisy).area.size == 2


def test_what_has_a_matte_belongs_to_no_region() -> None:
    made = scene([Card(disc(60, 36, 20), (0.5, 0.5, 0.1), 2.0)])
    labels = found(made, made.covers[0] > 0.5).labels
    assert (labels[made.covers[0] > 0.5] == NOBODY).all()
    assert (labels[made.covers[0] <= 0.5] >= 0).all()


def test_a_picture_that_is_all_objects_has_no_regions() -> None:
    made = scene([])
    assert found(made, np.ones(made.distances.shape, bool)).area.size == 0


def test_what_was_apart_a_frame_ago_stays_apart_where_its_edge_is_faint() -> None:
    faint = box(40, 20, 80, 50)
    depth = np.where(faint > 0, 7.0, 10.0)
    far_off = box(0, 0, 12, 12)
    made = scene([Card(faint, (0.0, 0.1, 0.5), depth), Card(far_off, (0.9, 0.9, 0.9), 1.0)])
    held = faint.astype(np.int32)
    alone, before = found(made), found(made, held=held)
    inside, outside = purest(before.labels, faint > 0), purest(before.labels, (faint == 0) & (far_off == 0))
    assert alone.area.size == 2
    assert inside[0] != outside[0] and inside[1] > 0.95 and outside[1] > 0.95
