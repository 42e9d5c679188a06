"""Depth kept in few steps is a slope again, and an edge stays one."""

from __future__ import annotations

import numpy as np

from replate_server.operations.layers.terraces import without_terraces

STEP = np.float32(1 / 128)


def scene() -> np.ndarray:
    """A floor that comes nearer, and before it a board, a few steps nearer than what it stands before at the least."""
    rows, columns = np.mgrid[0:96, 0:128].astype(np.float32)
    near = 0.2 + rows * np.float32(0.002) + columns * np.float32(0.0005)
    near[20:60, 40:90] = 0.55
    return near.astype(np.float32)


def test_a_slope_kept_in_steps_is_even_again_and_an_edge_stays() -> None:
    true = scene()
    kept = np.round(true / STEP) * STEP
    known = np.ones(true.shape, bool)
    even = without_terraces(kept, known)
    assert np.abs(even - kept).max() <= STEP / 2 + 1e-6
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(even - true)[inside].mean() < 0.5 * np.abs(kept - true)[inside].mean()
    board = even[20:60, 40:90]
    assert np.ptp(board) < 1e-3
    assert even[40, 89] - even[40, 90] > 4 * STEP


def test_what_is_not_known_gives_nothing_and_takes_nothing() -> None:
    kept = np.round(scene() / STEP) * STEP
    known = np.ones(kept.shape, bool)
    known[70:80, 50:70] = False
    kept[~known] = 77.0
    even = without_terraces(kept, known)
    assert (even[~known] == 77.0).all()
    assert even[known].max() < 1.0


def test_floats_are_left_alone() -> None:
    noise = np.random.default_rng(2).random((96, 128)).astype(np.float32)
    assert without_terraces(noise, np.ones(noise.shape, bool)) is noise


def test_cards_are_no_terraces() -> None:
    cards = np.repeat(np.float32([0.2, 0.3, 0.35, 0.9]), 32) * np.ones((96, 1), np.float32)
    np.testing.assert_allclose(without_terraces(cards, np.ones(cards.shape, bool)), cards, rtol=1e-6)
