"""What is hidden of a layer goes on from the thing beside it, whatever else is in the layer."""

from __future__ import annotations

import numpy as np

from replate_server.operations.compliance import Recorder
from replate_server.operations.inpaint.patch import Patch
from replate_server.operations.layers.pieces import Piecewise

HEIGHT, WIDTH = 96, 140
GREEN, BROWN = np.array([0.3, 0.5, 0.25], np.float32), np.array([0.65, 0.4, 0.25], np.float32)


def leaf_and_pot(leaf: np.ndarray, pot: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A narrow leaf far from a large pot, nothing known around them; and what is hidden beside either."""
    grain = np.random.default_rng(0).normal(0, 0.02, (HEIGHT, WIDTH, 1)).astype(np.float32)
    picture, hole = np.full((HEIGHT, WIDTH, 3), 0.9, np.float32), np.ones((HEIGHT, WIDTH), bool)
    hole[8:88, 6:18] = False
    hole[40:92, 70:134] = False
    picture[:, :40], picture[:, 40:] = leaf, pot
    wanted = np.zeros_like(hole)
    wanted[10:86, 20:34] = True
    wanted[44:88, 56:68] = True
    return (picture + grain).clip(0, 1), hole, wanted


def test_a_leaf_goes_on_as_a_leaf_and_the_pot_as_a_pot() -> None:
    picture, hole, wanted = leaf_and_pot(GREEN, BROWN)
    given = np.where(hole[..., None], np.float32(0.9), picture)
    made = Piecewise(Patch()).run(given, hole, {}, 0, Recorder(), wanted)
    assert np.abs(made - GREEN)[10:86, 20:34].max() < 0.15
    assert np.abs(made - BROWN)[44:88, 56:68].max() < 0.15
    np.testing.assert_array_equal(made[~hole], given[~hole])


def test_pieces_that_look_alike_are_one_thing() -> None:
    picture, hole, wanted = leaf_and_pot(BROWN, BROWN)
    whole, apiece = Patch(), Piecewise(Patch())
    np.testing.assert_array_equal(
        apiece.run(picture, hole, {}, 3, Recorder(), wanted), whole.run(picture, hole, {}, 3, Recorder(), wanted)
    )


def test_it_stands_for_the_model_that_fills() -> None:
    assert Piecewise(Patch()).card is Patch.card
