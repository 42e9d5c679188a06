"""What repeats goes on in step: a wallpaper, a brick wall, a fence behind what stands before them.

The offsets at which a picture repeats itself are few: He and Sun, "Image Completion Approaches Using the Statistics of
Similar Patches", PAMI 2014. Where theirs pick one of them for each missing pixel, here each pixel is the mean of those
that lie at all of them, weighted by how well the surroundings here and there agree, near ones most. An offset may give
a little from place to place, for cloth has folds and walls are seen at a slant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane

Array = NDArray[Any]

_LONGEST = 640
"""Pixels of the longer side at which repetition is sought."""
_REACH = 0.3
"""Of the shorter side: the longest offset."""
_NEAREST = 12
"""Pixels: anything is like what is beside it, and repeats nothing."""
_MOST = 32
"""Offsets, those at which the picture is the most like itself."""
_GIVE = 4
"""Pixels by which an offset may differ from place to place."""
_STEP = 2
_SHADING = 20.0
"""Pixels over which brightness and colour are taken out, and put back: light does not repeat."""
_AROUND = ((5, 1.0), (11, 0.4), (25, 0.15), (61, 0.06))
"""Sides of squares, in blocks, and weights: the surroundings whose agreement counts."""
_BLOCK = 2
_DOUBT = 0.02
"""What counts against an offset in whose surroundings little is known, as a share of them."""
_TOLERANCE = 0.15
"""How much worse than the best an offset may agree to count 1/e as much."""
_LEAST_KNOWN = 0.15
"""Of what is known, how much must be known at an offset too."""


def continued(picture: Tensor, hole: Hole, wanted: Hole, steps: Steps) -> tuple[Tensor, Tensor]:
    """A picture [height, width, 3] in [0,1], filled where it is `wanted` and repeats; and how sure that is, [height,
    width] in [0,1], 0 where it is not filled. What is in the hole is not looked at."""
    height, width = hole.shape
    nothing = np.zeros(hole.shape, np.float32)
    scale = max(1, -(-max(height, width) // _LONGEST))
    if min(height, width) < 8 * _NEAREST * scale or not wanted.any() or hole.all():
        return picture, nothing
    page = _page(picture, hole, scale)
    offsets = _offsets(page)
    if not len(offsets):
        return picture, nothing
    ground = cv2.resize(page.shading, (width, height), interpolation=cv2.INTER_LINEAR)
    total, weights, agreed = np.zeros_like(picture), nothing.copy(), nothing.copy()
    places = []
    for index, offset in enumerate(offsets):
        steps.progress(index / len(offsets))
        places.append(_place(page, offset))
    best = np.max([agreement for agreement, _ in places], axis=0)
    rows, columns = np.nonzero(wanted)
    small = np.minimum(rows // scale, best.shape[0] - 1), np.minimum(columns // scale, best.shape[1] - 1)
    for agreement, shift in places:
        weight = np.exp((agreement - best)[small] / _TOLERANCE)
        y, x = (at + shift[..., axis][small] * scale for at, axis in ((rows, 1), (columns, 0)))
        there = (y >= 0) & (y < height) & (x >= 0) & (x < width) & (weight > 1e-3)
        there[there] = ~hole[y[there], x[there]]
        y, x, mine, share = y[there], x[there], (rows[there], columns[there]), weight[there]
        total[mine] += share[:, None] * (picture[y, x] - ground[y, x])
        weights[mine] += share
        agreed[mine] += share * agreement[small][there]
    filled = weights > 1e-3
    result = picture.copy()
    result[filled] = (ground[filled] + total[filled] / weights[filled][:, None]).clip(0, 1)
    sure = np.where(filled, agreed / np.maximum(weights, 1e-3), 0).clip(0, 1)
    return result, sure.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """The picture, smaller: what is known of it, its shading, and its detail without that."""

    known: Tensor
    shading: Tensor
    detail: Tensor


def _page(picture: Tensor, hole: Hole, scale: int) -> _Page:
    rows, columns = hole.shape[0] // scale, hole.shape[1] // scale
    open_ = ~hole[: rows * scale, : columns * scale]
    small = (columns, rows)
    share = cv2.resize(open_.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    known = (share > 0.99).astype(np.float32)
    shown: Array = cv2.resize(
        picture[: rows * scale, : columns * scale] * open_[..., None], small, interpolation=cv2.INTER_AREA
    )
    shown = shown * known[..., None]
    weight = cv2.GaussianBlur(known, (0, 0), _SHADING)
    mean: Tensor = (cv2.GaussianBlur(shown, (0, 0), _SHADING) / np.maximum(weight, 1e-3)[..., None]).astype(np.float32)
    shading = membrane(mean, (weight > 0.05).astype(np.float32))
    return _Page(known, shading, (shown - shading * known[..., None]).astype(np.float32))


def _offsets(page: _Page) -> Array:
    """[offsets, 2] of x and y: where the mean square difference of the picture to itself has its least minima, found
    for all offsets at once by Fourier transforms."""
    reach = int(_REACH * min(page.known.shape))
    size = [cv2.getOptimalDFTSize(side + reach) for side in page.known.shape]

    def transformed(plane: Array) -> Array:
        spectrum: Array = np.fft.rfft2(plane, size)
        return spectrum

    def near(spectrum: Array) -> Array:
        plane = np.roll(np.fft.irfft2(spectrum, size), (reach, reach), (0, 1))
        return plane[: 2 * reach + 1, : 2 * reach + 1]

    known = transformed(page.known)
    square = transformed(np.square(page.detail).sum(axis=2))
    product = np.sum([np.abs(transformed(page.detail[..., channel])) ** 2 for channel in range(3)], axis=0)
    both = near(np.abs(known) ** 2)
    power = near(np.conj(square) * known + np.conj(known) * square)
    unlike = (power - 2 * near(product)) / np.maximum(power, 1e-6)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    unlike[(both < _LEAST_KNOWN * page.known.sum()) | (np.hypot(x, y) < _NEAREST)] = 1
    least = unlike <= cv2.erode(unlike, np.ones((9, 9)))
    rows, columns = np.nonzero(least & (unlike < 0.99))
    order = np.argsort(unlike[rows, columns], kind="stable")[:_MOST]
    return np.stack((columns[order], rows[order]), axis=1) - reach


def _place(page: _Page, offset: Array) -> tuple[Array, Array]:
    """How well the surroundings of each pixel of the page agree with those at an offset that gives a little, at best 1
    and 0 where they have nothing in common; and that offset, [rows, columns, 2] of x and y."""
    height, width = page.known.shape
    best = np.full((height, width), -1.0, np.float32)
    shift = np.zeros((height, width, 2), np.int32)
    for step in _gives():
        x, y = offset + step
        agreement = _agreement(page, int(x), int(y))
        better = agreement > best
        best[better] = agreement[better]
        shift[better] = x, y
    return best, shift


def _gives() -> Array:
    y, x = np.mgrid[-_GIVE : _GIVE + 1 : _STEP, -_GIVE : _GIVE + 1 : _STEP]
    return np.stack((x.ravel(), y.ravel()), axis=1)


def _agreement(page: _Page, x: int, y: int) -> Tensor:
    height, width = page.known.shape
    here = np.s_[max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)]
    there = np.s_[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)]
    common = page.known[here] * page.known[there]
    one, other = page.detail[here] * common[..., None], page.detail[there] * common[..., None]
    # Of two planes at once, the product of the details and the power of both.
    planes = np.zeros((height, width, 3), np.float32)
    planes[here] = np.dstack(
        (2 * (one * other).sum(axis=2), (one * one).sum(axis=2) + (other * other).sum(axis=2), common)
    )
    blocks = cv2.resize(planes, (-(-width // _BLOCK), -(-height // _BLOCK)), interpolation=cv2.INTER_AREA)
    around = np.zeros_like(blocks)
    for side, weight in _AROUND:
        around = around + weight * cv2.blur(blocks, (side, side), borderType=cv2.BORDER_CONSTANT)
    doubt = _DOUBT * 2 * float(np.square(page.detail).sum() / page.known.sum())
    agreement = around[..., 0] / (around[..., 1] + doubt)
    return np.asarray(cv2.resize(agreement, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
