"""Colours are brought to those of another picture, whatever noise and strangers are in both."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.darkroom.tying import Tie, between, ends_of, tie

GAIN, OFFSET = np.diag((0.8, 1.0, 1.15)), np.array((0.05, -0.03, 0.0))
MORE_COLOUR = 1.3 * np.eye(3) - 0.1
"""Saturation: what a colour is away from its grey, times 1.3."""


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


@pytest.mark.parametrize("matrix", [GAIN, MORE_COLOUR])
def test_strangers_and_what_is_cut_off_do_not_count(colours: np.ndarray, matrix: np.ndarray) -> None:
    colours = colours * 0.7 + np.float32(0.1)
    there = (colours @ matrix + OFFSET).astype(np.float32)
    there[:600] = 0.9 - colours[:600]
    there[600:1000], there[1000:1400] = 0, 1
    found = tie(colours, there)
    assert found.matrix == pytest.approx(matrix, abs=0.01) and found.offset == pytest.approx(OFFSET, abs=0.005)


def test_flat_colours_only_shift() -> None:
    flat = np.full((100, 3), 0.4, np.float32) + np.random.default_rng(3).normal(0, 1e-3, (100, 3)).astype(np.float32)
    found = tie(flat, flat[::-1] + np.float32(0.1))
    assert found.matrix == pytest.approx(np.eye(3), abs=0.02)
    assert found.of(flat).mean() == pytest.approx(0.5, abs=1e-3)
    nothing = tie(np.zeros((5, 3), np.float32), np.ones((5, 3), np.float32))
    assert np.array_equal(nothing.of(flat), flat)


def test_a_tie_is_known_by_what_it_does_to_colours_at_the_ends(colours: np.ndarray) -> None:
    ends = ends_of(colours)
    for given in (Tie(GAIN, OFFSET), Tie(MORE_COLOUR, OFFSET)):
        again = Tie.through(ends, given.shifts(ends))
        assert again.matrix == pytest.approx(given.matrix) and again.offset == pytest.approx(OFFSET)
    assert np.array_equal(Tie.through(ends, np.zeros((3, 2, 3))).of(colours), colours)


def test_one_after_the_other_and_back(colours: np.ndarray) -> None:
    there = Tie(GAIN, OFFSET).then(Tie(MORE_COLOUR, OFFSET))
    back = tie(there.of(colours[:500]), colours[:500])
    assert there.of(colours) == pytest.approx(Tie(MORE_COLOUR, OFFSET).of(Tie(GAIN, OFFSET).of(colours)), abs=1e-5)
    assert np.abs(back.of(there.of(colours)) - colours).max() < 0.1


def test_between_known_frames_ties_go_evenly() -> None:
    first, last = Tie.none(), Tie(GAIN, OFFSET)
    row = between([(2, first), (6, last)], 9)
    assert [one.matrix[0, 0] for one in row] == pytest.approx([1, 1, 1, 0.95, 0.9, 0.85, 0.8, 0.8, 0.8])
