"""Frames as somebody looks at them: sRGB, 8 bits, the whole display window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.depth import Depth, distances
from replate.frame import Box, Frame, PixelType
from replate.media.colour import DISPLAY, convert

Picture = NDArray[np.uint8]

_NEAR_TO_FAR = (
    (252, 255, 164), (247, 209, 61), (251, 155, 6), (237, 105, 37), (207, 68, 70), (165, 44, 96),
    (120, 28, 109), (74, 12, 107), (27, 12, 65),
)  # fmt: skip
"""Equal steps of matplotlib's map "inferno", without its blackest: brighter and warmer is nearer, to every eye."""


def picture_of(frame: Frame, reach: float | None = None) -> Picture:
    """A frame as sRGB code values [height, width, 3] over its display window, black where there is no pixel.

    Colour goes from its space to sRGB and is cut off at 0 and 1. Two channels u
    and v are shown on the colour wheel, `reach` pixels at its rim; depth near in
    bright and warm colours and far in dark ones, from the shot's near to its far,
    so that one colour is one distance in all its frames (where the shot's near is not
    known, the frame's own); mattes together in grey, and so is any other channel,
    depth of which nothing is said from far to near.
    """
    names = [name.rpartition(".")[2] for name in frame.spec.channels]
    if {"R", "G", "B"} <= set(names):
        planes = planes_in_format(frame, [names.index(name) for name in "RGB"])
        shown = convert(planes, frame.spec.colour_space, DISPLAY)
    elif {"u", "v"} <= set(names):
        motion = planes_in_format(frame, [names.index("u"), names.index("v")])
        shown = wheel(motion, reach_of(frame) if reach is None else reach)
    elif frame.spec.depth is not None and "Z" in names:
        shown = warm_where_near(planes_in_format(frame, [names.index("Z")])[:, :, 0], frame.spec.depth)
    else:
        mattes = [place for place, name in enumerate(names) if name == "A"]
        plane = planes_in_format(frame, mattes or [0]).max(axis=2, keepdims=True)
        shown = (_near_is_bright(plane) if names == ["Z"] else plane).repeat(3, axis=2)
    return quantised(shown)


def averaged(frame: Frame, size: int) -> Frame:
    """A frame's display window with the mean of so many pixels square for each, to be shown small and quickly.

    Rows and columns that fill no square are left out. What is no colour stays as it is: means of it mean nothing.
    """
    if size < 2 or not {"R", "G", "B"} <= set(frame.spec.channels):
        return frame
    planes = planes_in_format(frame, [frame.spec.channels.index(name) for name in "RGB"])
    height, width = max(1, planes.shape[0] // size), planes.shape[1] // size
    squares = np.nan_to_num(planes[: height * size, : width * size]).reshape(height, -1, width, size, 3)
    window = Box(0, 0, width, height)
    spec = replace(
        frame.spec, data_window=window, display_window=window, channels=("R", "G", "B"), pixel_type=PixelType.FLOAT
    )
    return Frame(spec, np.ascontiguousarray(squares.mean(axis=(1, 3), dtype=np.float32)))


def planes_in_format(frame: Frame, places: list[int]) -> NDArray[np.float32]:
    """Some channels over the display window [height, width, channels], float32; 0 where there is no pixel."""
    box = frame.spec.display_window
    data = frame.spec.data_window
    planes = np.zeros((box.height, box.width, len(places)), np.float32)
    both = data.intersection(box)
    if not both.empty:
        source = frame.pixels[both.y - data.y : both.bottom - data.y, both.x - data.x : both.right - data.x]
        planes[both.y - box.y : both.bottom - box.y, both.x - box.x : both.right - box.x] = source[:, :, places]
    return planes


def quantised(code: NDArray[Any]) -> Picture:
    """Code values in [0,1] to 8 bits; what is not finite becomes 0 or 1."""
    return np.asarray(np.rint(np.nan_to_num(np.clip(code, 0, 1), nan=0) * 255), dtype=np.uint8)


def reach_of(frame: Frame) -> float:
    """How far this frame's pixels move: the 99th percentile, in pixels, 1 at least."""
    names = [name.rpartition(".")[2] for name in frame.spec.channels]
    motion = frame.pixels[:, :, [names.index("u"), names.index("v")]].astype(np.float32)
    length = np.hypot(motion[:, :, 0], motion[:, :, 1])
    finite = length[np.isfinite(length)]
    return max(1.0, float(np.percentile(finite, 99))) if finite.size else 1.0


def wheel(motion: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Motion [height, width, 2] in pixels as colours [height, width, 3]: hue says where, saturation how far.

    The wheel of Baker et al., "A Database and Evaluation Methodology for Optical
    Flow" (2011): white at rest, full colour at `reach` pixels, darker beyond.
    """
    u, v = np.nan_to_num(motion[:, :, 0] / reach), np.nan_to_num(motion[:, :, 1] / reach)
    speed = np.hypot(u, v)[:, :, np.newaxis]
    rim = _rim()
    turn = (np.arctan2(-v, -u) / np.pi + 1) / 2 * (len(rim) - 1)
    below = turn.astype(int)
    part = (turn - below)[:, :, np.newaxis]
    colour = rim[below] * (1 - part) + rim[(below + 1) % len(rim)] * part
    shown = np.where(speed <= 1, 1 - speed * (1 - colour), colour * 0.75)
    return np.asarray(shown, dtype=np.float32)


def warm_where_near(samples: NDArray[np.float32], depth: Depth) -> NDArray[np.float32]:
    """Samples of depth [height, width] as colours [height, width, 3], even in 1/Z; black where it is not known."""
    far = distances(samples, depth)
    near = depth.near or float(far[np.isfinite(far)].min(initial=depth.far))
    least, most = 1 / depth.far, 1 / near
    with np.errstate(invalid="ignore"):
        part = np.clip((1 / far - least) / max(most - least, 1e-12), 0, 1)
    steps = np.linspace(0, 1, len(_NEAR_TO_FAR))
    colours = np.array(_NEAR_TO_FAR[::-1]) / 255
    known = np.isfinite(part)
    planes = [np.where(known, np.interp(np.nan_to_num(part), steps, colours[:, band]), 0) for band in range(3)]
    return np.stack(planes, axis=2).astype(np.float32)


def _rim() -> NDArray[np.float32]:
    """The 55 colours around the wheel: six ramps, as long as the eye tells their steps apart."""
    ramps = []
    for steps, fixed, moving, rising in (
        (15, 0, 1, True), (6, 1, 0, False), (4, 1, 2, True),
        (11, 2, 1, False), (13, 2, 0, True), (6, 0, 2, False)
    ):  # fmt: skip
        ramp = np.zeros((steps, 3), np.float32)
        along = np.arange(steps, dtype=np.float32) / steps
        ramp[:, fixed] = 1
        ramp[:, moving] = along if rising else 1 - along
        ramps.append(ramp)
    return np.concatenate(ramps)


def _near_is_bright(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    valid = np.isfinite(depth) & (depth > 0)
    if not valid.any():
        return np.zeros_like(depth)
    near = np.where(valid, 1 / np.where(valid, depth, 1), 0)
    low, high = np.percentile(near[valid], (1, 99))
    return np.asarray(np.where(valid, (near - low) / max(high - low, 1e-9), 0), dtype=np.float32)
