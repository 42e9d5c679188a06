"""The compiled loops of patch synthesis: a search for like patches, and the picture they vote for.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch: A Randomized Correspondence Algorithm for Structural Image
Editing", SIGGRAPH 2009; uniformity after Fišer et al., "StyLit", SIGGRAPH 2016, and Jamriška et al., "Stylizing Video
by Example", SIGGRAPH 2019.

Features are [height, width * channels] uint16, a pixel's channels beside one another. A field [height, width, 2] int32
holds for each target pixel the row and column of its source patch's middle. Patches are squares of 2 `reach` + 1
pixels; where the target ends, both patches are cut off alike, so that a source patch never leaves the source.
Weights are [1, (2 reach + 1) * channels] float32, a pixel's weights again and again, or, where they differ from place
to place, [height, width * channels] as the target is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.compiled import compiled, loosely_compiled, random_bits

Array = NDArray[Any]


@loosely_compiled
def _unlike(
    target: Array,
    source: Array,
    weights: Array,
    channels: int,
    y: int,
    x: int,
    v: int,
    u: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    most: float,
) -> Any:
    """The weighted squared difference of two patches, summed; infinite once it is above `most`."""
    total = np.float32(0)
    each = 1 if weights.shape[0] > 1 else 0
    # An index without a sign is not looked at for being from the end, and several are taken at once.
    span = np.uint64((right - left + 1) * channels)
    at, there = np.uint64((x + left) * channels), np.uint64((u + left) * channels)
    weigh = np.uint64((x + left) * channels * each)
    for down in range(top, bottom + 1):
        one, other, row = np.uint64(y + down), np.uint64(v + down), np.uint64((y + down) * each)
        line = np.float32(0)
        for index in range(span):
            difference = np.float32(target[one, at + index]) - np.float32(source[other, there + index])
            line += weights[row, weigh + index] * difference * difference
        total += line
        if total > most:
            return np.float32(np.inf)
    return total


@compiled
def _used(use: Array, v: int, u: int, top: int, bottom: int, left: int, right: int) -> Any:
    """How often the pixels of a source patch are used, on average."""
    total = 0
    for down in range(top, bottom + 1):
        for across in range(left, right + 1):
            total += use[v + down, u + across]
    return np.float32(total) / np.float32((bottom - top + 1) * (right - left + 1))


@compiled
def _use(use: Array, v: int, u: int, top: int, bottom: int, left: int, right: int, by: int) -> None:
    for down in range(top, bottom + 1):
        for across in range(left, right + 1):
            use[v + down, u + across] += by


@compiled
def uses(field: Array, use: Array, reach: int) -> None:
    """How many patches of the target each source pixel is used by, added to `use` [source height, width] int32."""
    height, width = field.shape[:2]
    for y in range(height):
        for x in range(width):
            top, bottom = max(-reach, -y), min(reach, height - 1 - y)
            left, right = max(-reach, -x), min(reach, width - 1 - x)
            _use(use, field[y, x, 0], field[y, x, 1], top, bottom, left, right, 1)


@compiled
def judge(
    target: Array, source: Array, weights: Array, channels: int, field: Array, unlike: Array, reach: int, band: Array
) -> None:
    """Mean difference a pixel of each target patch from its source patch, into `unlike` [height, width] float32."""
    height, width = field.shape[:2]
    for y in range(band[0], band[1]):
        for x in range(width):
            top, bottom = max(-reach, -y), min(reach, height - 1 - y)
            left, right = max(-reach, -x), min(reach, width - 1 - x)
            v, u = field[y, x, 0], field[y, x, 1]
            total = _unlike(target, source, weights, channels, y, x, v, u, top, bottom, left, right, np.inf)
            unlike[y, x] = total / np.float32((bottom - top + 1) * (right - left + 1))


@compiled
def improve(
    target: Array,
    source: Array,
    weights: Array,
    channels: int,
    field: Array,
    unlike: Array,
    before: Array,
    active: Array,
    use: Array,
    dear: float,
    reach: int,
    farthest: int,
    band: Array,
    state: Array,
    way: int,
) -> None:
    """One sweep over the rows of a `band` ([2], first and end) of a field, in scan order or against it (`way` 1, -1).

    Sources beside those of the neighbours are tried, and others at random, nearer and nearer to the best from
    `farthest` pixels on. `before` is the field before the sweep: what bands read of one another, so that they may run
    at once in any order. `use` is the band's own count of what is used, which is kept; `dear` is what a mean use of
    one costs. `unlike` is kept; `active` [height, width] bool says where anything is tried.
    """
    height, width = field.shape[:2]
    rows, columns = source.shape[0], source.shape[1] // channels
    first, end = band[0], band[1]
    for turn in range(end - first):
        y = first + turn if way > 0 else end - 1 - turn
        top, bottom = max(-reach, -y), min(reach, height - 1 - y)
        for step in range(width):
            x = step if way > 0 else width - 1 - step
            if not active[y, x]:
                continue
            left, right = max(-reach, -x), min(reach, width - 1 - x)
            count = np.float32((bottom - top + 1) * (right - left + 1))
            v, u = field[y, x, 0], field[y, x, 1]
            old_v, old_u = v, u
            error = unlike[y, x]
            best = error
            if dear > 0:
                best += dear * _used(use, v, u, top, bottom, left, right)
            reached = farthest
            side = 0
            while True:
                if side < 2:
                    ny, nx = (y - way, x) if side == 0 else (y, x - way)
                    side += 1
                    if ny < 0 or ny >= height or nx < 0 or nx >= width:
                        continue
                    if first <= ny < end:
                        tv, tu = field[ny, nx, 0] + (y - ny), field[ny, nx, 1] + (x - nx)
                    else:
                        tv, tu = before[ny, nx, 0] + (y - ny), before[ny, nx, 1] + (x - nx)
                else:
                    if reached < 1:
                        break
                    bits, around = random_bits(state), np.uint64(2 * reached + 1)
                    tv = v + np.int64(((bits >> np.uint64(32)) * around) >> np.uint64(32)) - reached
                    tu = u + np.int64(((bits & np.uint64(0xFFFFFFFF)) * around) >> np.uint64(32)) - reached
                    reached //= 2
                if tv + top < 0 or tv + bottom >= rows or tu + left < 0 or tu + right >= columns:
                    continue
                if tv == v and tu == u:
                    continue
                most = best * count
                found = _unlike(target, source, weights, channels, y, x, tv, tu, top, bottom, left, right, most) / count
                if found >= best:
                    continue
                whole = found
                if dear > 0:
                    whole += dear * _used(use, tv, tu, top, bottom, left, right)
                if whole < best:
                    best, error, v, u = whole, found, tv, tu
            if v != old_v or u != old_u:
                if dear > 0:
                    _use(use, old_v, old_u, top, bottom, left, right, -1)
                    _use(use, v, u, top, bottom, left, right, 1)
                unlike[y, x], field[y, x, 0], field[y, x, 1] = error, v, u


@compiled
def vote(style: Array, field: Array, said: Array, reach: int, band: Array) -> None:
    """What the patches around each pixel of a band say of it, into `said` [height, width, channels]: the mean of what
    their sources show there."""
    height, width = field.shape[:2]
    channels = style.shape[2]
    for y in range(band[0], band[1]):
        top, bottom = max(-reach, -y), min(reach, height - 1 - y)
        for x in range(width):
            left, right = max(-reach, -x), min(reach, width - 1 - x)
            for channel in range(channels):
                said[y, x, channel] = 0
            for down in range(top, bottom + 1):
                for across in range(left, right + 1):
                    v, u = field[y + down, x + across, 0] - down, field[y + down, x + across, 1] - across
                    for channel in range(channels):
                        said[y, x, channel] += style[v, u, channel]
            count = np.float32((bottom - top + 1) * (right - left + 1))
            for channel in range(channels):
                said[y, x, channel] /= count
