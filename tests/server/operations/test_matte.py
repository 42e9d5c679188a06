"""What stands out is matted, with edges where the picture has them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from replate.frame import DATA, Frame
from replate_server.operations.edges import follow

Run = Callable[..., dict[str, list[Frame]]]


@pytest.mark.parametrize("name", ["matte/modnet", "matte/u2netp"])
def test_two_people_in_the_foreground_stand_out(
    run: Run, davis: Callable[..., tuple[Frame, ...]], truth: Callable[[str, int], np.ndarray], name: str
) -> None:
    (matte,) = run(name, {"plate": davis("davis_judo", 0)})["matte"]
    people = truth("davis_judo", 0)
    assert matte.spec.channels == ("A",)
    assert matte.spec.colour_space == DATA
    assert matte.pixels.shape == (480, 854, 1)
    coverage = matte.pixels[..., 0].astype(np.float32)
    assert coverage[people].mean() > 0.8
    assert coverage[330:, :250].mean() < 0.05


def test_an_edge_moves_to_where_the_picture_has_it() -> None:
    """A matte at a sixth of the resolution finds the edge of a disc again."""
    y, x = np.mgrid[:300, :300]
    disc = np.hypot(x - 150, y - 150) < 80
    picture = np.where(disc[..., None], [0.8, 0.5, 0.2], [0.1, 0.2, 0.4]).astype(np.float32)
    coarse = np.clip((86 - np.hypot(*(np.mgrid[:50, :50] * 6 + 3 - 150))) / 24, 0, 1).astype(np.float32)
    followed = follow(picture, coarse, 3)
    assert np.abs((followed > 0.5) ^ disc).sum() < 0.02 * disc.sum()
    plain = follow(picture, coarse, 0)
    assert np.abs(followed - disc).mean() < 0.85 * np.abs(plain - disc).mean()


def test_solid_stays_solid_and_empty_empty() -> None:
    picture = np.random.default_rng(1).random((120, 160, 3), np.float32)
    coarse = np.zeros((60, 80), np.float32)
    coarse[:, 40:] = 1
    followed = follow(picture, coarse, 2)
    assert not followed[:, :70].any()
    assert (followed[:, 90:] == 1).all()


def test_a_matte_finer_than_the_picture_is_brought_to_it() -> None:
    picture = np.full((5, 7, 3), 0.5, np.float32)
    assert follow(picture, np.ones((320, 320), np.float32), 4).shape == (5, 7)
