"""Regions: the parts of a picture that hang together in depth, found without cutting through any.

Patches that follow the depth's edges are joined, the most alike first, until what pulls two apart outweighs what
holds them together. A person who stands on a floor comes apart from it: the outline's steps in depth weigh more than
the soles, where the two are equally far.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Array = NDArray[Any]
Labels = NDArray[np.int32]

NOBODY = -1
"""The label of pixels that belong to no region: those of objects that have a matte of their own."""

_PATCH = 6
"""Side of a patch, in pixels."""
_ROUNDS = 4
_WORST = -4.0
"""What a pixel's length of the tallest step weighs against as much continuous border, which weighs 1."""
_CONTRAST = 0.12
"""The difference of colours, display-referred, that is clearly seen."""
_FLAT = 1e-9
"""A step taller than nothing, for a picture without depth."""
_FLOOR = 0.25
"""What a border of unlike colours holds, where depth goes on, of one of like colours."""
_AWAY = 4
"""Pixels from a border at which the slope of either side is taken, beyond what blurs the border."""
_WOUND = 0.2
"""Of what one region lies before another, how much it lies behind it when no order is right."""
_LONG = 0.05
"""As much of a border, in parts of the picture's height, a step tall: below this it may be noise."""
_LEAST = 0.0008
"""Regions below this share of the picture join a neighbour."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The regions of one picture."""

    labels: Labels
    """[rows, columns]: which region a pixel belongs to, or `NOBODY`."""
    area: Array
    """Of each region, as a share of the picture."""
    place: Array
    """Of each, the nearness of its far end: a floor lies behind what stands on it, though it begins at our feet."""
    middle: Array
    """Of each, the mean nearness."""
    spread: Array
    """Of each, the standard deviation of its nearness."""
    steps: Array
    """[regions, regions]: by how much the first lies before the second where they meet, summed along the border
    and as a share of the picture's height: what would be stretched if the two were one layer."""


def regions(
    nearness: Array, picture: Array, step: float, outside: Array | None = None, held: Array | None = None
) -> Regions:
    """The regions of a `picture` [rows, columns, 3], display-referred, with its `nearness` [rows, columns], 1/Z.

    `step` is the difference of nearness between neighbours at which they are as much apart as together. Pixels in
    `outside` [rows, columns] belong to none. `held` [rows, columns] are labels of layers in which the picture's
    pixels were a frame ago (`NOBODY`: not known): what was together then rather stays so.

    Greedy additive edge contraction (Keuper et al., "Efficient Decomposition of Image and Mesh Graphs by Lifted
    Multicuts", ICCV 2015) of superpixels (Achanta et al., "SLIC Superpixels", TPAMI 2012).
    """
    step = max(step, _FLAT)
    sharp = crisp(nearness, step)
    inside = np.ones(sharp.shape, bool) if outside is None else ~outside
    patches = _connected(_patches(sharp, picture, step), inside)
    count = int(patches.max()) + 1
    if count == 0:
        nothing = np.zeros(0, np.float32)
        return Regions(patches, nothing, nothing, nothing, nothing, np.zeros((0, 0), np.float32))
    one, other, apart, same = _borders(patches, sharp, held)
    hue = _means(patches[inside], picture[inside], count)
    unlike = np.square((hue[one] - hue[other]) / _CONTRAST).sum(-1)
    alike = _FLOOR + (1 - _FLOOR) * np.exp(-unlike)
    pull = np.clip(1 - apart / step, _WORST, 1)
    pull = np.where(pull > 0, pull * alike, pull) + same
    labels = _joined(count, *_summed(count, one, other, pull))[patches.clip(0)]
    labels = _without_crumbs(np.where(inside, labels, NOBODY).astype(np.int32), sharp)
    labels = _unwound(measured(labels, sharp), sharp, step)
    return measured(_without_crumbs(labels, sharp), sharp)


def measured(labels: Labels, nearness: Array) -> Regions:
    """Regions of given labels, numbered from 0 without a gap, in a picture's nearness."""
    count = int(labels.max()) + 1
    inside = labels >= 0
    mine, values = labels[inside], nearness[inside]
    order = np.lexsort((values, mine))
    starts = np.searchsorted(mine[order], np.arange(count))
    size = np.bincount(mine, minlength=count)
    place = values[order][starts + size // 5]
    mean = np.bincount(mine, values, count) / size
    spread = np.sqrt((np.bincount(mine, values * values, count) / size - mean**2).clip(0))
    return Regions(labels, size / labels.size, place, mean, spread, _steps(labels, nearness, count))


def _steps(labels: Labels, nearness: Array, count: int) -> Array:
    steps = np.zeros((count, count), np.float32)
    height, width = labels.shape
    # Across a pixel: right at a border depth is often a mixture of both sides.
    for down, across in ((0, 2), (2, 0)):
        a = (slice(0, height - down), slice(0, width - across))
        b = (slice(down, height), slice(across, width))
        differ = (labels[a] != labels[b]) & (labels[a] >= 0) & (labels[b] >= 0)
        ahead = (nearness[a] - nearness[b])[differ] / (2 * height)
        np.add.at(steps, (labels[a][differ], labels[b][differ]), ahead.clip(0))
        np.add.at(steps, (labels[b][differ], labels[a][differ]), (-ahead).clip(0))
    return steps


def crisp(nearness: Array, step: float, radius: int = 2) -> Array:
    """Depth whose steps are as steep as they were before something blurred them: each pixel takes the nearer in
    value of the least and the greatest around it, where these are two steps or more from each other.

    Kramer and Bruckner, "Iterations of a non-linear transformation for enhancement of digital images", 1975.
    """
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    sharp = np.ascontiguousarray(nearness, np.float32)
    low, high = cv2.erode(sharp, around), cv2.dilate(sharp, around)
    side = np.where(high - sharp < sharp - low, high, low)
    return np.asarray(np.where(high - low < 2 * step, sharp, side))


def _patches(nearness: Array, picture: Array, step: float) -> Labels:
    height, width = nearness.shape
    rows, columns = max(height // _PATCH, 1), max(width // _PATCH, 1)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    home = (y * rows / height).astype(np.intp), (x * columns / width).astype(np.intp)
    label = home[0] * columns + home[1]
    points = np.dstack([x / _PATCH, y / _PATCH, nearness / step, picture / _CONTRAST])
    points = points.reshape(-1, points.shape[2]).astype(np.float32)
    for _ in range(_ROUNDS):
        middles = _means(label.ravel(), points, rows * columns)
        best, nearest = np.full(points.shape[0], np.inf, np.float32), label.ravel().copy()
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                row, column = (home[0] + down).clip(0, rows - 1), (home[1] + across).clip(0, columns - 1)
                candidate = (row * columns + column).ravel()
                far = np.square(points - middles[candidate]).sum(-1)
                closer = far < best
                best[closer], nearest[closer] = far[closer], candidate[closer]
        label = nearest.reshape(height, width)
    return np.asarray(label, np.int32)


def _means(labels: Array, points: Array, count: int) -> Array:
    size = np.bincount(labels, minlength=count).clip(1)
    sums = [np.bincount(labels, points[:, axis], count) for axis in range(points.shape[1])]
    return np.asarray(np.stack(sums, -1) / size[:, None], np.float32)


def _connected(labels: Labels, inside: Array) -> Labels:
    """Each label's pieces that hang together, numbered from 0; `NOBODY` outside."""
    index = np.arange(labels.size).reshape(labels.shape)
    pairs = []
    for one, other in (((slice(None), slice(1, None)), (slice(None), slice(-1))), ((slice(1, None),), (slice(-1),))):
        same = (labels[one] == labels[other]) & inside[one] & inside[other]
        pairs.append((index[one][same], index[other][same]))
    first, second = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    graph = coo_matrix((np.ones(first.size, np.int8), (first, second)), (labels.size, labels.size))
    pieces = connected_components(graph, directed=False)[1].reshape(labels.shape)
    numbered = np.full(labels.shape, NOBODY, np.int32)
    numbered[inside] = np.unique(pieces[inside], return_inverse=True)[1]
    return numbered


def _borders(labels: Labels, nearness: Array, held: Array | None) -> tuple[Array, Array, Array, Array]:
    """Every two neighbouring pixels of different labels: both labels, how far apart in depth they are, and 1, 0 or
    -1 where they were held in the same layer, it is not known, or in different ones."""
    found = []
    height, width = labels.shape
    for down, across in ((0, 1), (1, 0)):
        a = (slice(0, height - down), slice(0, width - across))
        b = (slice(down, height), slice(across, width))
        differ = (labels[a] != labels[b]) & (labels[a] >= 0) & (labels[b] >= 0)
        apart = _jump(nearness, down)[differ]
        same = np.zeros(apart.shape, np.float32)
        if held is not None:
            p, q = held[a][differ], held[b][differ]
            same = np.where((p < 0) | (q < 0), 0, np.where(p == q, 1, -1)).astype(np.float32)
        found.append((labels[a][differ], labels[b][differ], apart, same))
    one, other, apart, same = (np.concatenate(part) for part in zip(*found, strict=True))
    return one, other, apart, same


def _jump(nearness: Array, axis_down: int) -> Array:
    """How far apart neighbours are, less what the slope on either side lets expect: a floor has no steps."""
    along = nearness if axis_down else nearness.T
    rise = np.abs(np.diff(along, axis=0))
    beyond = np.pad(rise, ((_AWAY, _AWAY), (0, 0)), "edge")
    slope = np.minimum(beyond[: -2 * _AWAY], beyond[2 * _AWAY :])
    jump = (rise - slope).clip(0)
    return np.asarray(jump if axis_down else jump.T)


def _summed(count: int, one: Array, other: Array, pull: Array) -> tuple[Array, Array, Array]:
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other)
    keys, where = np.unique(low * count + high, return_inverse=True)
    return keys // count, keys % count, np.bincount(where, pull, keys.size)


def _joined(count: int, one: Array, other: Array, pull: Array) -> Array:
    """Which of the joined nodes each node belongs to, numbered from 0."""
    near: list[dict[int, float]] = [{} for _ in range(count)]
    for a, b, strength in zip(one.tolist(), other.tolist(), pull.tolist(), strict=True):
        near[a][b] = near[b][a] = strength
    queue = [(-strength, a, b) for a, b, strength in zip(one.tolist(), other.tolist(), pull.tolist(), strict=True)]
    heapq.heapify(queue)
    into = list(range(count))
    while queue and queue[0][0] < 0:
        strength, a, b = heapq.heappop(queue)
        # What is no longer so was left in the queue.
        if near[a].get(b) != -strength:
            continue
        if len(near[a]) < len(near[b]):
            a, b = b, a
        into[b] = a
        for c, more in near[b].items():
            del near[c][b]
            if c != a:
                near[a][c] = near[c][a] = near[a].get(c, 0.0) + more
                heapq.heappush(queue, (-near[a][c], min(a, c), max(a, c)))
        near[b] = {}
    roots = np.array(into)
    while (roots[roots] != roots).any():
        roots = roots[roots]
    return np.unique(roots, return_inverse=True)[1]


def _unwound(found: Regions, nearness: Array, step: float) -> Labels:
    """The labels with regions parted that lie both behind another and before it: no order of layers is right for
    such a one. A sky that a hazy horizon joins to the field lies behind the trees, and the field before them."""
    labels = found.labels.copy()
    both = np.minimum(found.steps, found.steps.T)
    most = np.maximum(found.steps, found.steps.T)
    tall = (both > _WOUND * most) & (both > step * _LONG)
    # Of two that lie around each other the one with more depth in it is parted.
    tall &= found.spread[:, None] >= found.spread[None, :]
    for one in np.flatnonzero(tall.any(1)):
        other = int(np.where(tall[one], both[one], 0).argmax())
        mine = found.labels == one
        labels[mine & (nearness < found.middle[other])] = labels.max() + 1
    return _connected(labels, labels >= 0)


def _without_crumbs(labels: Labels, nearness: Array) -> Labels:
    """The labels without regions too small to be one: each joins the neighbour nearest to it in depth."""
    while True:
        count = int(labels.max()) + 1
        area = np.bincount(labels[labels >= 0], minlength=count)
        one, other, apart, _ = _borders(labels, nearness, None)
        small: Array = area < max(_LEAST * labels.size, 2)
        if not (small[one] | small[other]).any():
            break
        low, high, total = _summed(count, one, other, apart)
        length = _summed(count, one, other, np.ones_like(apart))[2]
        into = np.arange(count)
        for at in np.argsort(total / length):
            a, b = int(low[at]), int(high[at])
            # Once a round, and never two small ones into each other in a circle.
            if small[a] and into[a] == a and not (small[b] and into[b] != b):
                into[a] = b
            elif small[b] and into[b] == b and not (small[a] and into[a] != a):
                into[b] = a
        while (into[into] != into).any():
            into = into[into]
        merged = np.unique(into, return_inverse=True)[1]
        labels = np.asarray(np.where(labels >= 0, merged[labels.clip(0)], NOBODY), np.int32)
    return labels
