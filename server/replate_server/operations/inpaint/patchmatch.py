"""Which patch of a picture is most like another, and pictures put together from such patches: the compiled loops.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch: A Randomized Correspondence Algorithm for Structural Image
Editing", SIGGRAPH 2009. Pictures are [height, width, channels] float32; a field [height, width, 2] int32 holds for
each target pixel the row and the column of the source pixel whose patch is most like its own. Patches are squares of
2 `REACH` + 1 pixels, cut off where the picture ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.compiled import compiled, random_bits

REACH = 3

Array = NDArray[Any]


@compiled
def _unlike(picture: Array, weights: Array, y: int, x: int, v: int, u: int, least: float) -> Any:
    """The mean squared difference of two patches, by the target's weights; infinite once it is above `least`."""
    height, width, channels = picture.shape
    top, bottom = max(-REACH, -y), min(REACH, height - 1 - y)
    left, right = max(-REACH, -x), min(REACH, width - 1 - x)
    count = np.float32(0)
    for down in range(top, bottom + 1):
        for across in range(left, right + 1):
            count += weights[y + down, x + across]
    limit = least * count
    total = np.float32(0)
    for down in range(top, bottom + 1):
        for across in range(left, right + 1):
            weight = weights[y + down, x + across]
            if weight > 0:
                for channel in range(channels):
                    difference = picture[y + down, x + across, channel] - picture[v + down, u + across, channel]
                    total += weight * difference * difference
        if total > limit:
            return np.inf
    return total / count if count > 0 else np.float32(0)


@compiled
def scatter(field: Array, targets: Array, sources: Array, state: Array, all_of_them: bool) -> None:
    """Gives each target (rows and columns, [n, 2]) some source; those that have one keep it unless `all_of_them`."""
    count = np.uint64(sources.shape[0])
    for at in range(targets.shape[0]):
        y, x = targets[at, 0], targets[at, 1]
        if all_of_them or field[y, x, 0] < 0:
            chosen = random_bits(state) % count
            field[y, x, 0], field[y, x, 1] = sources[chosen, 0], sources[chosen, 1]


@compiled
def judge(picture: Array, weights: Array, field: Array, unlike: Array, targets: Array) -> None:
    """How unlike each target's patch and its source's are, into `unlike` [height, width]."""
    for at in range(targets.shape[0]):
        y, x = targets[at, 0], targets[at, 1]
        unlike[y, x] = _unlike(picture, weights, y, x, field[y, x, 0], field[y, x, 1], np.inf)


@compiled
def improve(
    picture: Array, weights: Array, field: Array, unlike: Array, targets: Array, usable: Array, state: Array, way: int
) -> None:
    """One sweep over the targets in scan order, `way` 1 or -1: sources are tried beside those of the neighbours, and
    at random, nearer and nearer to the best. `usable` [height, width]: whose patch may be a source."""
    height, width = usable.shape
    count = targets.shape[0]
    for turn in range(count):
        at = turn if way > 0 else count - 1 - turn
        y, x = targets[at, 0], targets[at, 1]
        best, v, u = unlike[y, x], field[y, x, 0], field[y, x, 1]
        for side in range(2):
            ny, nx = (y - way, x) if side == 0 else (y, x - way)
            if 0 <= ny < height and 0 <= nx < width and field[ny, nx, 0] >= 0:
                tv, tu = field[ny, nx, 0] + (y - ny), field[ny, nx, 1] + (x - nx)
                if 0 <= tv < height and 0 <= tu < width and usable[tv, tu] and (tv != v or tu != u):
                    found = _unlike(picture, weights, y, x, tv, tu, best)
                    if found < best:
                        best, v, u = found, tv, tu
        reach = max(height, width)
        while reach >= 1:
            tv = v + int(random_bits(state) % np.uint64(2 * reach + 1)) - reach
            tu = u + int(random_bits(state) % np.uint64(2 * reach + 1)) - reach
            if 0 <= tv < height and 0 <= tu < width and usable[tv, tu]:
                found = _unlike(picture, weights, y, x, tv, tu, best)
                if found < best:
                    best, v, u = found, tv, tu
            reach //= 2
        unlike[y, x], field[y, x, 0], field[y, x, 1] = best, v, u


@compiled
def vote(picture: Array, field: Array, unlike: Array, trust: Array, pixels: Array, spread: float) -> Array:
    """What the patches around each pixel ([n, 2]) say of it, [n, channels]: the mean of what their sources show there.

    A patch counts by `trust` [height, width] at its middle, and the less the more unlike its source it is.
    """
    height, width, channels = picture.shape
    said = np.zeros((pixels.shape[0], channels), np.float32)
    for at in range(pixels.shape[0]):
        y, x = pixels[at, 0], pixels[at, 1]
        total = np.float32(0)
        for down in range(max(-REACH, -y), min(REACH, height - 1 - y) + 1):
            for across in range(max(-REACH, -x), min(REACH, width - 1 - x) + 1):
                v, u = field[y + down, x + across, 0] - down, field[y + down, x + across, 1] - across
                if field[y + down, x + across, 0] < 0 or v < 0 or u < 0 or v >= height or u >= width:
                    continue
                weight = trust[y + down, x + across] * np.exp(-unlike[y + down, x + across] / spread) + 1e-9
                total += weight
                for channel in range(channels):
                    said[at, channel] += weight * picture[v, u, channel]
        if total > 0:
            for channel in range(channels):
                said[at, channel] /= total
    return said
