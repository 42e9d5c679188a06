"""A large picture worked on in overlapping tiles, without seams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from replate.errors import Failed
from replate.frame import Box
from replate_server.darkroom.geometry import crop, pad_to, rounded, scaled

Image = NDArray[np.float32]
Work = Callable[[Image], Image]
Tick = Callable[[float], None]


def tiled(
    image: Image,
    work: Work,
    *,
    most_pixels: int | None,
    overlap: int,
    multiple: int,
    minimum: int = 1,
    scale: int = 1,
    tick: Tick | None = None,
) -> Image:
    """`work` done on a whole picture, in tiles where it has more than `most_pixels`.

    `image` is [height, width, channels]. `work` takes such a tile, whose sides are multiples of `multiple`
    and at least `minimum` (padded by reflection), and gives one `scale` times as high and as wide with any number
    of channels; so is what comes back. Neighbours overlap by at least `overlap` pixels; the outer quarter of an
    overlap, where a tile knows least of what is beside it, is left out, and the middle is mixed by ramps that sum to
    one. So a filter that reaches no further than a quarter of the overlap gives what it would give on the whole, and
    tiles that agree are kept bit for bit. `tick` gets the fraction done after each tile, and may raise to
    stop.
    """
    tile = tile_size(image.shape[0], image.shape[1], most_pixels, multiple, minimum)
    canvas, box = pad_to(image, *tile)

    def on(window: Box) -> Image:
        piece = crop(canvas, window)
        done = work(np.ascontiguousarray(piece))
        if done.ndim != 3 or done.shape[:2] != (piece.shape[0] * scale, piece.shape[1] * scale):
            must = f"give {scale} times the height and width" if scale > 1 else "keep height and width"
            raise Failed(
                f"A model gave a picture of shape {done.shape} for a tile of {piece.shape}; its module must {must}."
            )
        return done

    whole = in_windows(canvas.shape[:2], tile, (overlap, overlap), on, scale=scale, tick=tick)
    return crop(whole, scaled(box, scale))


def in_windows(
    size: tuple[int, int],
    tile: tuple[int, int],
    overlap: tuple[int, int],
    work: Callable[[Box], Image],
    *,
    axes: tuple[int, int] = (0, 1),
    multiple: int = 1,
    scale: int = 1,
    tick: Tick | None = None,
) -> Image:
    """What `work` makes of a picture, window by window, put together as `tiled` says.

    `size` and `overlap` are of rows and columns, as is `tile`, the size of all windows, which is no larger than the
    picture. What `work` gives of one may have any axes; `axes` are those of its rows and columns, `scale` times as
    many as the window's. Windows begin at multiples of `multiple` where both sizes are such.
    """
    tops, lefts = (_starts(*sides, multiple) for sides in zip(size, tile, overlap, strict=True))

    def one(row: int, column: int) -> Image:
        done = work(Box(lefts[column], tops[row], tile[1], tile[0]))
        if tick is not None:
            tick((row * len(lefts) + column + 1) / (len(tops) * len(lefts)))
        return done

    def strip(row: int) -> Image:
        pieces = (one(row, column) for column in range(len(lefts)))
        return _joined(pieces, [left * scale for left in lefts], size[1] * scale, axes[1])

    strips = (strip(row) for row in range(len(tops)))
    return _joined(strips, [top * scale for top in tops], size[0] * scale, axes[0])


def tile_size(height: int, width: int, most: int | None, multiple: int, minimum: int) -> tuple[int, int]:
    """Height and width of all tiles: the whole picture if allowed, otherwise as square as it can be."""
    full_height, full_width = rounded(height, multiple, minimum), rounded(width, multiple, minimum)
    if most is None or full_height * full_width <= most:
        return full_height, full_width
    least = rounded(1, multiple, minimum)
    side = max(isqrt(most) // multiple * multiple, least)
    if full_height <= side:
        return full_height, min(full_width, max(most // full_height // multiple * multiple, least))
    if full_width <= side:
        return min(full_height, max(most // full_width // multiple * multiple, least)), full_width
    return side, side


def _joined(pieces: Iterator[Image], starts: list[int], length: int, axis: int) -> Image:
    """Pieces laid along an axis, each from its start, mixed with the one before where they overlap."""
    first = next(pieces)
    if len(starts) == 1:
        return first
    shape = list(first.shape)
    shape[axis] = length
    whole = np.empty(shape, np.float32)
    joined = np.moveaxis(whole, axis, 0)
    joined[: first.shape[axis]] = np.moveaxis(first, axis, 0)
    for (before, start), given in zip(pairwise(starts), pieces, strict=True):
        piece = np.moveaxis(given, axis, 0)
        shared = before + len(piece) - start
        margin = shared // 4
        end = shared - margin
        ramp = np.arange(1, end - margin + 1, dtype=np.float32) / np.float32(end - margin + 1)
        there = joined[start + margin : start + end]
        # In this form, unlike a(1-w) + bw, equal values stay exactly what they are.
        there += (piece[margin:end] - there) * ramp.reshape(-1, *[1] * (piece.ndim - 1))
        joined[start + end : start + len(piece)] = piece[end:]
    return whole


def _starts(length: int, tile: int, overlap: int, multiple: int) -> list[int]:
    """Where tiles begin: evenly spread, the first and the last flush with the picture's borders."""
    if tile >= length:
        return [0]
    step = tile - min(overlap, tile // 2)
    gaps = -(-(length - tile) // step)
    return [round(index * (length - tile) / gaps / multiple) * multiple for index in range(gaps + 1)]
