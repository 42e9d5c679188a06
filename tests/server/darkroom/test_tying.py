"""Colours are brought to those of another picture, whatever noise and strangers are in both."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.darkroom.tying import Tie, between, levels_of, tie

GAIN, OFFSET = np.array((0.8, 1.0, 1.15)), np.array((0.05, -0.03, 0.0))


@pytest.fixture
def colours() -> np.ndarray:
    return np.random.default_rng(1).uniform(0.15, 0.75, (4000, 3)).astype(np.float32)


def test_noise_makes_no_gain_smaller_however_often_ties_are_put_end_to_end(colours: np.ndarray) -> None:
    generator = np.random.default_rng(2)

    def noisy() -> np.ndarray:
        return (colours + generator.normal(0, 0.04, colours.shape)).astype(np.float32)

    whole = Tie.none()
    for _ in range(20):
        whole = whole.then(tie(noisy(), noisy()))
    assert np.abs(whole.of(colours) - colours).max() < 0.03


def test_strangers_and_what_is_cut_off_do_not_count(colours: np.ndarray) -> None:
    there = (colours * GAIN + OFFSET).astype(np.float32)
    there[:600] = 0.9 - colours[:600]
    there[600:1000], there[1000:1400] = 0, 1
    found = tie(colours, there)
    assert found.gain == pytest.approx(GAIN, abs=0.01) and found.offset == pytest.approx(OFFSET, abs=0.005)


def test_flat_colours_have_no_gain() -> None:
    flat = np.full((100, 3), 0.4, np.float32) + np.random.default_rng(3).normal(0, 1e-3, (100, 3)).astype(np.float32)
    found = tie(flat, flat[::-1] + np.float32(0.1))
    assert found.gain == pytest.approx(np.ones(3), abs=0.02)
    assert found.of(flat).mean() == pytest.approx(0.5, abs=1e-3)
    nothing = tie(np.zeros((5, 3), np.float32), np.ones((5, 3), np.float32))
    assert np.array_equal(nothing.of(flat), flat)


def test_a_tie_is_known_by_what_it_does_to_two_colours(colours: np.ndarray) -> None:
    given, levels = Tie(GAIN, OFFSET), levels_of(colours)
    again = Tie.through(levels, given.shifts(levels))
    assert again.gain == pytest.approx(GAIN) and again.offset == pytest.approx(OFFSET)


def test_between_known_frames_ties_go_evenly() -> None:
    first, last = Tie.none(), Tie(GAIN, OFFSET)
    row = between([(2, first), (6, last)], 9)
    assert [one.gain[0] for one in row] == pytest.approx([1, 1, 1, 0.95, 0.9, 0.85, 0.8, 0.8, 0.8])
