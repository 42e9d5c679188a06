"""Mattes: taken from a frame, grown and feathered, and composited with."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import Box, Frame
from replate_server.darkroom.geometry import reframe

Matte = NDArray[np.float32]


def matte_of(frame: Frame, box: Box) -> Matte:
    """The matte that a frame carries, in a box of the display window's coordinates: [height, width] in [0,1].

    Its only channel, or "A", or the highest of the layers' ("subject.A", "car.A"). 0 outside the data window
    and for NaN. Raises `BadRequest` for a frame with none of these.
    """
    names = frame.spec.channels
    if len(names) == 1:
        chosen = list(names)
    elif "A" in names:
        chosen = ["A"]
    else:
        chosen = [name for name in names if name.endswith(".A")]
    if not chosen:
        raise BadRequest(
            f"Frame {frame.spec.number} of the matte has the channels {', '.join(names)}, "
            'and none is a matte; give it one channel, or shuffle the matte into "A".'
        )
    planes = [frame.channel(name) for name in chosen]
    highest = planes[0] if len(planes) == 1 else np.fmax.reduce(planes)
    matte = np.nan_to_num(highest.astype(np.float32), nan=0.0).clip(0.0, 1.0)
    framed: Matte = reframe(matte, frame.spec.data_window, box)
    return framed


def composite(inside: Frame, outside: Frame, matte: Matte) -> Frame:
    """One frame inside a matte, another outside it: bit for bit where the matte is 1 and where it is 0.

    Both have the same channels, type and data window, which `matte` [height, width] fills; the frame has
    `outside`'s spec. Between, samples are mixed in proportion, as premultiplied ones may be; where one of the
    two is NaN or infinite, `inside`'s is taken. Raises `BadRequest` for frames that do not match.
    """
    if (
        inside.pixels.shape != outside.pixels.shape
        or inside.pixels.dtype != outside.pixels.dtype
        or matte.shape != outside.pixels.shape[:2]
    ):
        raise BadRequest(
            f"Frame {outside.spec.number}: pictures {inside.pixels.shape} and {outside.pixels.shape} and a "
            f"matte of {matte.shape} do not fit; bring them to one data window and equal channels."
        )
    some = matte > 0
    if not some.any():
        return outside
    full = matte >= 1
    mixed = outside.pixels.copy()
    # As integers, because a copy as floats may quieten a NaN.
    bits = np.uint16 if mixed.dtype.itemsize == 2 else np.uint32
    mixed.view(bits)[full] = np.ascontiguousarray(inside.pixels).view(bits)[full]
    edge = some & ~full
    if edge.any():
        over = inside.pixels[edge]
        light, under = over.astype(np.float32), outside.pixels[edge].astype(np.float32)
        share = matte[edge][:, None]
        with np.errstate(invalid="ignore", over="ignore"):
            blend = (light * share + under * (1 - share)).astype(mixed.dtype)
        mixed[edge] = np.where(np.isfinite(blend), blend, over)
    return outside.with_pixels(mixed)


def grow(matte: Matte, pixels: int) -> Matte:
    """A matte [height, width] that reaches `pixels` further, roundly; less far for a negative number."""
    change = cv2.dilate if pixels > 0 else cv2.erode
    grown = np.ascontiguousarray(matte, np.float32)
    left = abs(pixels)
    # In steps: the cost of one is the area of its disc, and a disc of discs is nearly a disc.
    while left > 0:
        step = min(left, _DISC)
        grown = np.asarray(change(grown, _disc(step), borderType=cv2.BORDER_REPLICATE))
        left -= step
    return grown.reshape(matte.shape)


def feather(matte: Matte, pixels: float) -> Matte:
    """A matte [height, width] whose edge is softened over about `pixels` on either side; solid stays exactly
    solid."""
    if pixels <= 0:
        return matte
    reach = max(int(np.ceil(pixels)), 1)
    soft = cv2.GaussianBlur(
        np.ascontiguousarray(matte, np.float32),
        (2 * reach + 1, 2 * reach + 1),
        pixels / 2.5,
        borderType=cv2.BORDER_REPLICATE,
    ).reshape(matte.shape)
    # The weights of a blur sum to one only nearly.
    soft[soft > 1.0 - _NEARLY] = 1.0
    soft[soft < _NEARLY] = 0.0
    return np.asarray(soft)


_DISC = 8
_NEARLY = 1e-6


def _disc(radius: int) -> NDArray[np.uint8]:
    across = np.arange(-radius, radius + 1)
    return (across[:, None] ** 2 + across**2 <= (radius + 0.25) ** 2).astype(np.uint8)
