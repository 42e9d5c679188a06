"""How much of each pixel a layer covers: soft where depth steps, and whole again where something hides it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.matte import feather
from replate_server.operations.contract import Tensor
from replate_server.operations.edges import follow
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.regions import NOBODY, Labels

Array = NDArray[Any]

_DOUBT = np.float32(0.15)
"""Coverage below this is none, and above one minus it all: a filter never quite decides, and a solid is solid."""
_TRACE = np.float32(0.03)
"""Likewise for what the picture's colours tell."""
_HIDDEN = np.float32(2e-3)
"""Where less than this of a pixel is left by what lies before, nobody sees what is behind."""
_SMOOTHNESS = 4e-4


def enlarged(labels: Labels, coarse: Array, nearness: Array) -> Labels:
    """Labels [rows, columns] at the size of `nearness` [height, width]: of those around it, each pixel takes the
    label of the place whose depth, in `coarse` [rows, columns], is the most like its own.

    Joint bilateral upsampling (Kopf et al., SIGGRAPH 2007) of something that cannot be averaged. Where there is
    `NOBODY`, the nearest label goes on.
    """
    height, width = nearness.shape
    rows, columns = labels.shape
    whole = _everywhere(labels)
    y = (np.arange(height) + 0.5) * rows / height - 0.5
    x = (np.arange(width) + 0.5) * columns / width - 0.5
    row, column = np.rint(y).astype(np.intp).clip(0, rows - 1), np.rint(x).astype(np.intp).clip(0, columns - 1)
    large = whole[row[:, None], column]
    square = np.ones((3, 3), np.uint8)
    mixed = cv2.dilate(whole.astype(np.float32), square) != cv2.erode(whole.astype(np.float32), square)
    down, across = np.nonzero(mixed[row[:, None], column])
    own, best, chosen = nearness[down, across], np.full(down.size, np.inf), large[down, across]
    scale = max(float(np.ptp(coarse)), 1e-12)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, c = (row[down] + dy).clip(0, rows - 1), (column[across] + dx).clip(0, columns - 1)
            away = np.hypot(r - y[down], c - x[across])
            far = np.abs(own - coarse[r, c]) / scale + _NEARBY * away
            closer = far < best
            best[closer], chosen[closer] = far[closer], whole[r, c][closer]
    large[down, across] = chosen
    return np.asarray(large, np.int32)


_NEARBY = 0.02
"""What a coarse pixel's distance weighs, in parts of the picture's whole depth."""


def softened(labels: Labels, count: int, picture: Tensor, radius: int) -> Tensor:
    """What share of each pixel belongs to each of `count` layers, [count, height, width], together 1.

    `labels` are hard; within `radius` pixels of where they change the share follows the edges of the `picture`,
    display-referred. 0 leaves them hard.
    """
    before = [np.ones(labels.shape, np.float32)]
    for layer in range(1, count):
        hard = (labels >= layer).astype(np.float32)
        soft = hard if radius < 1 or hard.all() or not hard.any() else _along(picture, hard, radius)
        before.append(np.minimum(soft, before[-1]))
    before.append(np.zeros(labels.shape, np.float32))
    return np.stack([one - other for one, other in pairwise(before)])


def peeled(shares: Sequence[Tensor], softness: float) -> list[Tensor]:
    """Alphas that composite to these shares, back to front: what each layer covers once those before it are gone.

    `shares` are of the layers back to front, together 1 or, where the plate is not solid, less. Where a layer is
    hidden, its alpha goes on from where it is seen, with an edge of `softness` pixels. Put over one another by
    these alphas, each layer shows by its share: alpha = share / (1 - the shares before it).
    """
    left = np.ones_like(shares[0])
    alphas: list[Tensor] = []
    for share in reversed(shares):
        seen = left > _HIDDEN
        alpha = np.where(seen, share / np.maximum(left, _HIDDEN), 0).clip(0, 1).astype(np.float32)
        if not seen.all() and seen.any():
            alpha = np.where(seen, alpha, _goes_on(alpha, seen, softness))
        alphas.append(alpha)
        left = (left - share).clip(0)
    return alphas[::-1]


def weights(alphas: Sequence[Tensor]) -> list[Tensor]:
    """By how much each layer shows, back to front, when they are put over one another."""
    left = np.ones_like(alphas[0])
    shown: list[Tensor] = []
    for alpha in reversed(alphas):
        shown.append(left * alpha)
        left = left * (1 - alpha)
    return shown[::-1]


def unmixed(picture: Tensor, matte: Tensor, hard: Tensor, radius: int) -> Tensor:
    """A matte [height, width] made to agree with the colours of a `picture` [height, width, 3], display-referred.

    Where what is before and what is behind have colours of their own within twice the `radius`, a pixel's colour
    tells how much of each it has; where they are alike or full of texture, the `matte` given says it, the more so
    the farther from the edge of `hard`. The most likely alpha between two normal distributions of colour, as in
    Chuang et al., "A Bayesian Approach to Digital Matting", CVPR 2001, with the matte given as what is expected.
    """
    # Light mixes linearly, and display values are near its square root.
    light = np.square(picture)
    before, before_spread, before_known = _beside(light, _core(hard) * (matte > np.float32(0.95)), radius)
    behind, behind_spread, behind_known = _beside(light, _core(1 - hard) * (matte < np.float32(0.05)), radius)
    apart = before - behind
    spread = np.square(matte) * before_spread + np.square(1 - matte) * behind_spread + _NOISE
    away = _within(hard > np.float32(0.5)) + _within(hard <= np.float32(0.5))
    doubt = np.square(_EXPECTED * np.exp(-np.square(away * 2 / max(radius, 1)))) + _NOISE
    told = (apart * (light - behind)).sum(-1) / spread + matte / doubt
    alpha = told / (np.square(apart).sum(-1) / spread + 1 / doubt)
    agreed: Tensor = np.where(before_known & behind_known, alpha, matte).clip(0, 1).astype(np.float32)
    return agreed


_NOISE = np.float32(2e-4)
"""Variance of a colour that is always there."""
_EXPECTED = np.float32(0.4)
"""How far the matte given may be off right at its edge, as a standard deviation."""


def _core(hard: Tensor) -> Array:
    return np.asarray(cv2.erode(hard, np.ones((3, 3), np.uint8)))


def _within(inside: Array) -> Array:
    """Pixels from the border, inside; 0 outside."""
    return np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5))


def _beside(light: Tensor, where: Array, radius: int) -> tuple[Array, Array, Array]:
    """The mean colour of the places around that count, its variance, and where there are any."""
    side = (4 * radius + 1, 4 * radius + 1)

    def blurred(planes: Array) -> Array:
        return np.asarray(cv2.GaussianBlur(planes, side, radius), np.float32).reshape(planes.shape)

    weight = blurred(where.astype(np.float32))
    known = weight > np.float32(1e-3)
    safe = np.where(known, weight, 1)
    mean = blurred(light * where[..., None]) / safe[..., None]
    square = blurred((light * light).sum(-1) * where) / safe
    return mean, (square - np.square(mean).sum(-1)).clip(0) / 3, known


def _along(picture: Tensor, hard: Tensor, radius: int) -> Tensor:
    """A hard matte softened along the picture's edges, near its own."""
    square = np.ones((2 * radius + 3, 2 * radius + 3), np.uint8)
    band = cv2.dilate(hard, square) != cv2.erode(hard, square)
    rows, columns = np.flatnonzero(band.any(1)), np.flatnonzero(band.any(0))
    # Only where there is an edge: the filter's cost is its area.
    box = (
        slice(max(rows[0] - radius, 0), rows[-1] + radius + 1),
        slice(max(columns[0] - radius, 0), columns[-1] + radius + 1),
    )
    part, around = np.ascontiguousarray(hard[box]), np.ascontiguousarray(picture[box])
    soft = follow(around, part, radius, _SMOOTHNESS)
    clear = ((soft - _DOUBT) / (1 - 2 * _DOUBT)).clip(0, 1)
    clear = np.where(band[box], unmixed(around, clear, part, radius), part)
    whole = hard.copy()
    whole[box] = ((clear - _TRACE) / (1 - 2 * _TRACE)).clip(0, 1)
    return whole


def _goes_on(alpha: Tensor, seen: Array, softness: float) -> Tensor:
    smooth = extend(alpha[..., None], seen)[..., 0]
    solid: Tensor = feather((smooth > np.float32(0.5)).astype(np.float32), max(softness, 1.0))
    return solid


def _everywhere(labels: Labels) -> Labels:
    empty = labels == NOBODY
    if not empty.any():
        return labels
    if empty.all():
        return np.zeros_like(labels)
    _, nearest = cv2.distanceTransformWithLabels(empty.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of = np.zeros(int(nearest.max()) + 1, np.int32)
    of[nearest[~empty]] = labels[~empty]
    return np.asarray(of[nearest], np.int32)
