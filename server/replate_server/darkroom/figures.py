"""A restyled frame in numbers: how still it is, how near to its style, and how much of the plate is left.

All is measured on pictures of 640 pixels at most, because it must cost little beside a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate.frame import Figure
from replate_server.darkroom.development import LUMINANCE
from replate_server.darkroom.manner import Manner, apart, manner_of
from replate_server.darkroom.motion import Motion, occlusion, warp
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.structure import structure

Picture = NDArray[np.float32]

LONGEST = 640
"""Pixels of a picture's long side at which it is measured."""
_LUMA = np.array(LUMINANCE, np.float32)
_ALIKE = 0.1
"""A plate that is nearer to its style than this is taken to be so far from it: there is no way to go."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A frame, and what was made of it: display-referred, [rows, columns, 3] each, small."""

    plate: Picture
    result: Picture

    @classmethod
    def of(cls, plate: Picture, result: Picture) -> Pair:
        """Of two pictures [height, width, 3] of one size, averaged by area to `LONGEST`."""
        return cls(small(plate), small(result))


def small(picture: Picture) -> Picture:
    """A picture [height, width, ...] as it is measured: averaged by area, `LONGEST` pixels long at most."""
    columns, rows = measured_size(picture.shape[1], picture.shape[0])
    return resize(picture, columns, rows, Nature.COLOUR)


def measured_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a picture is measured. A style is measured so that its strokes keep the size they are
    painted in: shrunk by as much as the plate."""
    scale = min(LONGEST / max(width, height), 1.0)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def measured(
    now: Pair, before: Pair | None, motion: tuple[Motion, Motion] | None, style: Manner | None
) -> tuple[Figure, ...]:
    """What can be said of a frame; what there is nothing to measure by is left out.

    `before` is the frame before it in the same scene; `motion` leads from this frame to that and back,
    [height, width, 2] in pixels of its own size, which may be larger than the pair's.

    "warping_error", "plate_warping_error": see `warping_error`, of the result and of the plate, along the same motion
    in the same places; left out where nothing is seen in both frames.
    "style_distance": 0 is in the manner of the style, 1 as far from it as the plate is.
    "structure": structural similarity of the lumas of plate and result, 1 where they are the same.
    """
    figures: list[Figure] = []
    if before is not None and motion is not None:
        height, width = now.plate.shape[:2]
        there, back = (_shrunk(one, width, height) for one in motion)
        seen = occlusion(there, back) == 0
        if seen.any():
            figures += [
                Figure("warping_error", warping_error(now.result, before.result, there, seen)),
                Figure("plate_warping_error", warping_error(now.plate, before.plate, there, seen)),
            ]
    if style is not None:
        due, got = (apart(manner_of(picture), style) for picture in (now.plate, now.result))
        figures.append(Figure("style_distance", got / max(due, _ALIKE)))
    figures.append(Figure("structure", structure(now.plate @ _LUMA, now.result @ _LUMA)))
    return tuple(figures)


def warping_error(picture: Picture, other: Picture, motion: Motion, seen: NDArray[np.bool_]) -> float:
    """The mean square by which a picture [height, width, 3] differs from another that is fetched along the motion, in
    the places that are seen in both [height, width]; 0 where there are none.

    Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018, section 4.2.
    """
    astray = (warp(other, motion, Nature.COLOUR) - picture)[seen]
    return float(np.square(astray).mean(dtype=np.float64)) if astray.size else 0.0


def _shrunk(motion: Motion, width: int, height: int) -> Motion:
    """Motion for a picture of another size."""
    if motion.shape[:2] == (height, width):
        return motion
    scale = np.array([width / motion.shape[1], height / motion.shape[0]], np.float32)
    # Averaged like a colour: picked, it would be as noisy as a single pixel's.
    return resize(np.nan_to_num(motion), width, height, Nature.COLOUR) * scale
