"""What a keyframe does not show of another frame, put together from patches of it.

Jamriška et al., "Stylizing Video by Example", SIGGRAPH 2019, section 3: the patches are chosen by colour, edges, their
place along the motion, and what the frame before looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.development import LUMINANCE
from replate_server.darkroom.motion import warp
from replate_server.darkroom.resize import Nature
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.carrying import Key, Sight
from replate_server.operations.restyle.following import Following
from replate_server.operations.synthesis import Field, Guide, Settings, synthesize

_COLOUR, _EDGES, _PLACE, _BEFORE = 2.0, 1.0, 2.0, 0.5
"""What guides weigh, against the style: places as parts of the picture's width."""
_SHARP = 4.0
"""How much edges are amplified."""
_SCALE = 3.0
"""Standard deviation in pixels of what edges stand out from."""
_MISSING = 0.5
"""Trust below which a pixel is put together anew."""
_MARGIN = 16
"""Pixels around those: what is put together is to go on into what is known."""
_SETTINGS = Settings(rounds=6, sweeps=3)


def filled(
    following: Following, key: Key, sights: Iterable[Sight], steps: Steps, device: str = "cpu"
) -> Iterator[Sight]:
    """Sights of a keyframe, farther and farther from it, each with what is not trusted filled in.

    Trust stays as it was; `error` says how unlike the patches are that were found.
    """
    look = following.look(key.number)
    height, width = look.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    sources = {"colour": look, "edges": _edges(look), "place": grid / np.float32(width), "before": key.picture}
    weights = {"colour": _COLOUR, "edges": _EDGES, "place": _PLACE**2, "before": _BEFORE}
    nearer = Sight.of(key)
    for sight in sights:
        step = following.step(sight.number, nearer.number, steps)
        missing = sight.trust < _MISSING
        if missing.any():
            box = _around(missing)
            look, place = following.look(sight.number), grid + sight.home
            targets = {
                "colour": look,
                "edges": _edges(look),
                "place": place / np.float32(width),
                "before": warp(nearer.picture, step.motion, Nature.COLOUR),
            }
            guides = [Guide(sources[name], targets[name][box], weight) for name, weight in weights.items()]
            found = synthesize(
                key.picture,
                guides,
                _SETTINGS,
                start=_start(place[box], height, width),
                device=device,
                progress=steps.progress,
            )
            sight = _completed(sight, box, found.picture, found.error)
        yield sight
        nearer = sight


def _completed(sight: Sight, box: tuple[slice, slice], picture: Tensor, error: Tensor) -> Sight:
    whole, unlike = sight.picture.copy(), np.zeros_like(sight.trust)
    share = sight.trust[box][..., None]
    whole[box] = picture + (whole[box] - picture) * share
    unlike[box] = error
    return replace(sight, picture=whole, error=unlike)


def _start(place: Tensor, height: int, width: int) -> Field:
    rows, columns = (np.rint(place[..., axis]).clip(0, last - 1) for axis, last in ((1, height), (0, width)))
    return np.stack([rows, columns], axis=-1).astype(np.int32)


def _edges(picture: Tensor) -> Tensor:
    luma = picture @ np.array(LUMINANCE, np.float32)
    calm = np.asarray(cv2.GaussianBlur(luma, (0, 0), _SCALE), np.float32).reshape(luma.shape)
    edges: Tensor = (luma - calm)[..., None] * np.float32(_SHARP)
    return edges


def _around(missing: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The box that holds all of it, with a margin."""
    rows, columns = (np.flatnonzero(missing.any(axis=axis)) for axis in (1, 0))
    down, across = (slice(max(one[0] - _MARGIN, 0), one[-1] + 1 + _MARGIN) for one in (rows, columns))
    return down, across
