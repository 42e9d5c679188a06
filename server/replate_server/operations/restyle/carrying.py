"""A painted keyframe, fetched along the motion for the frames around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from replate_server.darkroom.motion import homewards, likeness, warp, without_specks
from replate_server.darkroom.resize import Nature
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.following import Following

_MARGIN = 2
"""Pixels around what is hidden that are not carried: as far as cubics reach."""
_DOUBTED, _TRUSTED = np.float32(0.1), np.float32(0.4)
"""Likeness below which nothing is carried, and above which it is carried wholly."""


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A painted frame."""

    number: int
    picture: Tensor
    """[height, width, 3] over the shot's box, display-referred."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a keyframe shows of another frame."""

    number: int
    """The other frame's."""
    picture: Tensor
    """[height, width, 3] over the shot's box: the keyframe's painting, moved to where its things are here."""
    trust: Tensor
    """[height, width] in [0,1]: 1 where the two frames show the same."""
    place: Tensor
    """[height, width, 2], x and y in pixels: where in the keyframe each pixel is."""


def carried(following: Following, key: Key, towards: int, steps: Steps) -> Iterator[Sight]:
    """A keyframe for the frames after it (`towards` 1) or before it (-1), farther and farther, to the end of its scene.

    What is carried is interpolated once, out of the keyframe itself, however far it comes. It is trusted where the
    motion leads there and back and the plates look alike.
    """
    numbers = list(_away(following, key.number, towards))
    back = (following.step(there, here, steps) for here, there in pairwise((key.number, *numbers)))
    here = following.look(key.number)
    height, width = here.shape[:2]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    for number, (motion, seen) in zip(numbers, homewards((step.motion, step.seen) for step in back), strict=True):
        steps.progress(0.0)
        alike = seen * likeness(following.look(number), here, motion)
        trust = np.minimum(alike, without_specks(alike, _MARGIN))
        share = ((trust - _DOUBTED) / (_TRUSTED - _DOUBTED)).clip(0, 1)
        picture = warp(key.picture, motion, Nature.COLOUR, sharp=True).clip(0, 1)
        place = np.stack([x + motion[..., 0], y + motion[..., 1]], axis=-1)
        yield Sight(number, picture, share * share * (3 - 2 * share), place)


def _away(following: Following, number: int, towards: int) -> Iterator[int]:
    there = following.beside(number, towards)
    while there is not None:
        yield there
        there = following.beside(there, towards)
