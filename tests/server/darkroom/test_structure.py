"""Structural similarity is that of the paper."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.darkroom.structure import structure

ROWS, COLUMNS = np.mgrid[:40, :56]
NOISE = np.random.default_rng(7).random((40, 56), np.float32)
WAVES = (0.5 + 0.3 * np.sin(COLUMNS / 5) + 0.2 * np.cos(ROWS / 7)).astype(np.float32)


@pytest.mark.parametrize(
    ("first", "second", "due"),
    [
        (NOISE, WAVES, 0.0080595),
        (WAVES, WAVES * np.float32(0.8) + np.float32(0.05), 0.9645602),
        (WAVES, WAVES * np.float32(0.7) + NOISE * np.float32(0.3), 0.4498329),
        (WAVES, 1 - WAVES, -0.5539227),
    ],
)
def test_it_agrees_with_scikit_image(first, second, due):
    """0.26: structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1)."""
    assert structure(first, second) == pytest.approx(due, abs=2e-6)


@pytest.mark.parametrize("size", [(1, 1), (5, 30), (40, 56)])
def test_a_picture_has_all_of_its_own_structure_at_any_size(size):
    picture = NOISE[: size[0], : size[1]]
    assert structure(picture, picture) == pytest.approx(1, abs=1e-6)
