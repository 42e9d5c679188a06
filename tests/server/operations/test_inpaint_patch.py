"""Patches of the picture itself fill its holes: texture goes on, edges go on, and nothing turns soft."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.operations.compliance import Recorder
from replate_server.operations.inpaint.filling import fill
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.inpaint.patch import Patch

SIZE = 128


def bricks() -> np.ndarray:
    """Courses of bricks with mortar between: [128, 128, 3]."""
    down, across = np.mgrid[:SIZE, :SIZE]
    course = down // 8
    mortar = (down % 8 == 0) | ((across + course % 2 * 8) % 16 == 0)
    picture = np.where(mortar[..., None], [0.8, 0.8, 0.75], [0.55, 0.25, 0.2])
    return picture.astype(np.float32)


def square(side: int) -> np.ndarray:
    hole = np.zeros((SIZE, SIZE), bool)
    start = (SIZE - side) // 2
    hole[start : start + side, start : start + side] = True
    return hole


def run(picture: np.ndarray, hole: np.ndarray, seed: int = 0) -> np.ndarray:
    return Patch().run(picture, hole, {}, seed, Recorder())


def test_a_wall_of_bricks_goes_on_course_by_course() -> None:
    picture, hole = bricks(), square(44)
    made = run(np.where(hole[..., None], np.float32(0), picture), hole)
    wrong = np.abs(made - picture).max(axis=-1) > 0.05
    assert wrong[hole].mean() < 0.1
    assert (made[~hole] == picture[~hole]).all()


def test_an_edge_between_two_textures_goes_on() -> None:
    grain = np.random.default_rng(1).random((SIZE, SIZE, 1)).astype(np.float32)
    left = np.arange(SIZE)[None, :, None] < 64
    picture = np.where(left, 0.1 + 0.2 * grain, 0.7 + 0.2 * grain) * np.ones(3, np.float32)
    hole = square(32)
    made = run(np.where(hole[..., None], np.float32(1), picture), hole)
    dark = made.mean(axis=-1) < 0.5
    astray = (dark != left[..., 0])[hole]
    assert astray.mean() < 0.12


def test_grain_keeps_its_strength() -> None:
    grain = np.random.default_rng(2).normal(0.5, 0.1, (SIZE, SIZE, 3)).astype(np.float32).clip(0, 1)
    hole = square(40)
    made = run(np.where(hole[..., None], np.float32(0), grain), hole)
    assert made[hole].std() == pytest.approx(float(grain[~hole].std()), rel=0.2)


def test_a_seed_gives_one_picture_and_what_is_in_the_hole_is_not_looked_at() -> None:
    picture, hole = bricks(), square(30)
    other = np.where(hole[..., None], np.random.default_rng(3).random(picture.shape, np.float32), picture)
    assert (run(picture, hole, 7) == run(other, hole, 7)).all()
    noise = np.random.default_rng(4).random(picture.shape, np.float32)
    assert (run(noise, hole, 7) != run(noise, hole, 8)).any()


def test_nothing_comes_from_what_must_not_be_looked_at() -> None:
    """The nearer side is in the hole and not wanted: the farther side alone goes on behind it."""
    near = np.arange(SIZE)[None, :] >= 80
    picture = np.where(near[..., None], np.float32([1, 0, 0]), bricks()).astype(np.float32)
    hole = np.broadcast_to(np.arange(SIZE)[None, :] >= 76, (SIZE, SIZE))
    wanted = hole & (np.arange(SIZE)[None, :] < 96)
    made = fill(Patch(), picture, hole, {}, 0, Recorder(), wanted)
    assert made[wanted][:, 1].min() > 0.2
    assert (made[~wanted] == picture[~wanted]).all()


def test_a_picture_with_next_to_nothing_left_is_filled_smoothly() -> None:
    hole = np.ones((64, 64), bool)
    hole[:, :3] = False
    picture = np.full((64, 64, 3), 0.4, np.float32)
    assert np.allclose(run(picture, hole), 0.4, atol=1e-3)


def test_a_membrane_joins_what_is_known() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 90, dtype=np.float32)[None, :, None], (70, 90, 1))
    known = np.zeros((70, 90), np.float32)
    known[:, :10], known[:, -10:] = 1, 1
    film = membrane(np.where(known[..., None] > 0, ramp, 9).astype(np.float32), known)
    assert np.abs(film - ramp).max() < 0.05


def test_what_is_wanted_is_filled_though_more_is_missing() -> None:
    """Nothing is known on three sides of it, nor right beside it."""
    picture, hole = bricks(), np.zeros((SIZE, SIZE), bool)
    hole[:, 60:] = True
    wanted = np.zeros_like(hole)
    wanted[40:80, 66:80] = True
    made = Patch().run(np.where(hole[..., None], np.float32(0), picture), hole, {}, 0, Recorder(), wanted)
    assert (np.abs(made - picture).max(axis=-1) > 0.05)[wanted].mean() < 0.1
    assert (made[~hole] == picture[~hole]).all()
    assert (made[:, 120:] == 0).all()
