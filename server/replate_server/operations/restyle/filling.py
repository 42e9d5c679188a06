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

Box = tuple[slice, slice]

_COLOUR, _EDGES, _PLACE, _BEFORE = 2.0, 1.0, 2.0, 1.5
"""What guides weigh, against the style: places as parts of the picture's width."""
_SHARP = 4.0
"""How much edges are amplified."""
_SCALE = 3.0
"""Standard deviation in pixels of what edges stand out from."""
_MISSING = 0.5
"""Trust below which a pixel is put together anew."""
_MARGIN = 16
"""Pixels around those: what is put together is to go on into what is known."""
_SPECK = 3
"""Pixels across that are left as they were carried."""
_MOST = 4
"""Boxes into which what is missing is divided at the most."""
_SETTINGS = Settings(rounds=4, sweeps=2)


def filled(following: Following, key: Key, sights: Iterable[Sight], steps: Steps, device: str) -> Iterator[Sight]:
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
        here, place = following.look(sight.number), grid + sight.home
        targets = {
            "colour": here,
            "edges": _edges(here),
            "place": place / np.float32(width),
            "before": warp(nearer.picture, step.motion, Nature.COLOUR),
        }
        for box in _boxes(sight.trust < _MISSING):
            guides = [Guide(sources[name], targets[name][box], weight) for name, weight in weights.items()]
            start = _start(place[box], height, width)
            found = synthesize(key.picture, guides, _SETTINGS, start=start, device=device, progress=steps.progress)
            sight = _completed(sight, box, found.picture, found.error)
        yield sight
        nearer = sight


def _completed(sight: Sight, box: Box, picture: Tensor, error: Tensor) -> Sight:
    whole, unlike = sight.picture.copy(), sight.error.copy()
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


def _boxes(missing: NDArray[np.bool_]) -> list[Box]:
    """Boxes that hold all of it but specks, with a margin; what lies near each other is in one."""
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    solid = cv2.morphologyEx(missing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_SPECK, _SPECK), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(solid, kernel), connectivity=8)
    boxes = [
        (slice(int(top), int(top + height)), slice(int(left), int(left + width)))
        for left, top, width, height, _ in stats[1:count]
    ]
    if len(boxes) <= _MOST:
        return boxes
    down, across = (
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes)) for axis in (0, 1)
    )
    return [(down, across)]
