"""Where pixels lie: data windows, overscan, padding."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import Box

Array = NDArray[Any]


def reframe(pixels: Array, source: Box, target: Box, fill: float | Literal["edge"] = 0) -> Array:
    """Pixels that lie in one box, brought to another: cropped where it is smaller, filled where it reaches
    beyond.

    `pixels` is [height, width] or [height, width, channels] of any type, as large as `source`. `fill` is a
    value, or "edge" to go on with the nearest pixel. The same array comes back where the boxes are the same,
    otherwise a new one. Raises `BadRequest` for a target without pixels, or nothing to extend.
    """
    if pixels.shape[:2] != (source.height, source.width):
        raise BadRequest(
            f"A picture of {pixels.shape[1]}x{pixels.shape[0]} does not fill its data window of "
            f"{source.width}x{source.height}; write the plate again."
        )
    if source == target:
        return pixels
    if target.empty:
        raise BadRequest("A data window without pixels was asked for; give it a width and a height.")
    if fill == "edge":
        if source.empty:
            raise BadRequest("A frame without pixels has no edge to extend; give it a data window with pixels.")
        rows = np.arange(target.y - source.y, target.bottom - source.y).clip(0, source.height - 1)
        columns = np.arange(target.x - source.x, target.right - source.x).clip(0, source.width - 1)
        extended: Array = pixels[rows[:, None], columns]
        return extended
    framed = np.full((target.height, target.width, *pixels.shape[2:]), fill, pixels.dtype)
    shared = source.intersection(target)
    if not shared.empty:
        framed[_within(shared, target)] = pixels[_within(shared, source)]
    return framed


def pad(image: Array, multiple: int, minimum: int) -> tuple[Array, Box]:
    """A picture whose sides are multiples of `multiple` and at least `minimum`, and the box in which the
    original lies.

    [height, width, ...] of any type. Filled by reflection about the outermost pixels, evenly on both sides,
    as often as it takes; a side of one pixel is repeated. The same array comes back where nothing is missing.
    Undone by `crop`.
    """
    height, width = image.shape[:2]
    return pad_to(image, rounded(height, multiple, minimum), rounded(width, multiple, minimum))


def pad_to(image: Array, height: int, width: int) -> tuple[Array, Box]:
    """Like `pad`, to at least a height and a width."""
    if image.shape[0] < 1 or image.shape[1] < 1:
        raise BadRequest("A frame without pixels cannot be worked on; give it a data window with pixels.")
    rows, top = _reflected(image.shape[0], height)
    columns, left = _reflected(image.shape[1], width)
    box = Box(left, top, image.shape[1], image.shape[0])
    if rows.size == image.shape[0] and columns.size == image.shape[1]:
        return image, box
    return image[rows[:, None], columns], box


def rounded(length: int, multiple: int, minimum: int) -> int:
    """The least multiple of `multiple` that is neither below `length` nor below `minimum`."""
    return -(-max(length, minimum) // multiple) * multiple


def crop(image: Array, box: Box) -> Array:
    """What lies in a box whose origin is the picture's top-left pixel; a view."""
    return image[box.y : box.bottom, box.x : box.right]


def scaled(box: Box, scale: int) -> Box:
    """The box of the same part of a picture that is `scale` times as large."""
    return Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale)


def _within(box: Box, frame: Box) -> tuple[slice, slice]:
    return (
        slice(box.y - frame.y, box.bottom - frame.y),
        slice(box.x - frame.x, box.right - frame.x),
    )


def _reflected(length: int, at_least: int) -> tuple[NDArray[np.intp], int]:
    """Which row each padded row repeats, and how many come before the first."""
    full = max(length, at_least)
    before = (full - length) // 2
    period = max(2 * (length - 1), 1)
    position = np.arange(-before, full - before, dtype=np.intp) % period
    return np.minimum(position, period - position) if length > 1 else position, before
