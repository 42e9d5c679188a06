"""A painted keyframe, fetched along the motion for the frames around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from replate_server.darkroom.motion import likeness, warp, without_specks
from replate_server.darkroom.resize import Nature
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.following import Following

_MARGIN = 2
"""Pixels around what is hidden that are not carried: as far as cubics reach."""
_DOUBTED, _TRUSTED = np.float32(0.1), np.float32(0.4)
"""Likeness below which nothing is carried, and above which it is carried wholly."""
_SLOWLY = np.float32(2 / 3)
"""How much of a place's trust comes from the frame before: what is lost at once is seen to jump."""
_NEAR = 60
"""How many times as long as a stroke reaches a picture is."""
_STIR = np.float32(0.12)
"""Share of what is near that is another, at which a place is hardly settled."""


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
    settled: Tensor
    """[height, width] in [0,1]: less where something near was another, though the place itself is the same: strokes and
    glow reach beyond what they paint, and would stay behind it."""
    home: Tensor
    """[height, width, 2] in pixels: the motion from here to the keyframe."""
    error: Tensor
    """[height, width]: how unlike the plates are where the picture was put together from patches; 0 elsewhere."""

    @classmethod
    def of(cls, key: Key) -> Sight:
        """What a keyframe shows of its own frame."""
        height, width = key.picture.shape[:2]
        all_of_it, nothing = np.ones((height, width), np.float32), np.zeros((height, width), np.float32)
        return cls(key.number, key.picture, all_of_it, all_of_it, np.zeros((height, width, 2), np.float32), nothing)


def carried(following: Following, key: Key, towards: int, steps: Steps) -> Iterator[Sight]:
    """A keyframe for the frames after it (`towards` 1) or before it (-1), farther and farther, to the end of its scene.

    What is carried is interpolated once, out of the keyframe itself, however far it comes. It is trusted where the
    motion leads there and back and the plates look alike.
    """
    here = following.look(key.number)
    height, width = here.shape[:2]
    home = np.zeros((height, width, 2), np.float32)
    seen, trust = np.ones((height, width), np.float32), np.ones((height, width), np.float32)
    for nearer, number in pairwise((key.number, *_away(following, key.number, towards))):
        steps.progress(0.0)
        step = following.step(number, nearer, steps)
        home = step.motion + warp(home, step.motion, Nature.COLOUR)
        seen = step.seen * warp(seen, step.motion, Nature.COLOUR)
        alike = seen * likeness(following.look(number), here, home)
        sure = np.minimum(alike, without_specks(alike, _MARGIN))
        sure = ((sure - _DOUBTED) / (_TRUSTED - _DOUBTED)).clip(0, 1)
        trust = sure + (step.seen * warp(trust, step.motion, Nature.COLOUR) - sure) * _SLOWLY
        trust = np.minimum(trust, alike / _DOUBTED)
        picture = warp(key.picture, home, Nature.COLOUR, sharp=True).clip(0, 1)
        yield Sight(number, picture, trust * trust * (3 - 2 * trust), _settled(alike), home, np.zeros_like(trust))


def _settled(alike: Tensor) -> Tensor:
    reach = max(alike.shape) / _NEAR
    other = np.asarray(cv2.GaussianBlur(1 - alike, (0, 0), reach), np.float32).reshape(alike.shape)
    settled: Tensor = np.exp(-np.square(other / _STIR))
    return settled


def _away(following: Following, number: int, towards: int) -> Iterator[int]:
    there = following.beside(number, towards)
    while there is not None:
        yield there
        there = following.beside(there, towards)
