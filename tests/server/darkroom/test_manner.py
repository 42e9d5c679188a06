"""A picture's manner: near for what is painted alike, far for other strokes or colours."""

from __future__ import annotations

import numpy as np
import pytest

from replate_server.darkroom.manner import apart, manner_of

ROWS, COLUMNS = np.mgrid[:96, :128].astype(np.float32)


def hatched(width: float, turned: bool = False, tint: tuple[float, float, float] = (1, 1, 1)):
    lines = ROWS if turned else COLUMNS
    return (0.5 + 0.3 * np.sin(lines / width))[..., None] * np.array(tint, np.float32)


def test_a_picture_is_in_its_own_manner_wherever_its_strokes_lie():
    specks = np.random.default_rng(1).random((96, 128, 3), np.float32)
    assert apart(manner_of(specks), manner_of(specks)) == 0
    assert apart(manner_of(specks), manner_of(np.roll(specks, (31, 17), (0, 1)))) < 0.05


@pytest.mark.parametrize("other", [hatched(5), hatched(2, turned=True), hatched(2, tint=(1, 0.4, 0.1))])
def test_other_sizes_ways_and_colours_are_other_manners(other):
    assert apart(manner_of(hatched(2)), manner_of(other)) > 0.2


def test_the_way_between_two_manners_is_a_way():
    """As a result goes from the plate to the style, its distance falls."""
    plate, style = hatched(5, tint=(0.4, 0.8, 1)), hatched(1.5, turned=True)
    distances = [
        apart(manner_of(plate + (style - plate) * np.float32(share)), manner_of(style))
        for share in (0, 0.3, 0.6, 0.9, 1)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (9, 9)])
def test_small_pictures_have_a_manner(size):
    small = hatched(2)[: size[0], : size[1]]
    assert np.isfinite(apart(manner_of(small), manner_of(hatched(2))))
