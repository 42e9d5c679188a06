"""How what is behind the holes moves, from one frame to the next: measured around them and carried on under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Value
from replate_server.darkroom.matte import grow
from replate_server.darkroom.motion import Motion, occlusion
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.pictures import checked
from replate_server.operations.spans import Span

_NODES = 131072
"""At most about so many nodes in a grid of motion: it is smooth, and those of a whole shot are kept."""
_FINEST = 4
"""Pixels between nodes at the least."""
_SPOILT = 10
"""Pixels around a hole where measured motion is the subject's as much as the backdrop's."""
_ASTRAY = 1.0
"""Pixels by which motion may differ from the backdrop's and still be the backdrop."""
_ROUNDS = 3
_ALIKE = 0.15
"""Display-referred difference above which two samples are not of the same thing."""
_CLIPPED = 0.98


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The backdrop's motion from one frame to a neighbour, over the whole picture, holes included."""

    grid: NDArray[np.float16]
    """[rows, columns, 2] in pixels, at nodes in the middles of cells of `stride` pixels."""
    stride: int
    gain: Tensor
    """[3]: the neighbour's colours times this are this frame's."""

    def along(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where points [n] lie in the neighbour."""
        moved = self.at_points(self.grid.astype(np.float32), x, y)
        return x + moved[:, 0], y + moved[:, 1]

    def nodes(self) -> Tensor:
        """Where the nodes are: [rows, columns, 2], x and y in pixels."""
        rows, columns = self.grid.shape[:2]
        y, x = (np.mgrid[:rows, :columns] + 0.5) * self.stride - 0.5
        return np.stack([x, y], axis=-1).astype(np.float32)

    def at_points(self, grid: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """What a grid [rows, columns, channels] of the same nodes has at points [n]: [n, channels]."""
        scale, half = np.float32(1 / self.stride), np.float32(0.5)
        return fetched(grid, (x + half) * scale - half, (y + half) * scale - half)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What two neighbouring frames say of the backdrop."""

    there: Backdrop
    back: Backdrop
    agrees: Hole
    """[height, width] of the first frame: what moves to the second as the backdrop does."""
    agrees_back: Hole


def measure(tracker: Tracker, one: Tensor, other: Tensor, holes: tuple[Hole, Hole], steps: Steps) -> Pair:
    """The backdrop between two pictures [height, width, 3] with their holes [height, width]."""
    parameters: Mapping[str, Value] = {given.name: given.default for given in tracker.card.parameters}
    shape = (*one.shape[:2], 2)
    there = checked(tracker.run(one, other, parameters, Span(steps, 0.0, 0.4)), shape, tracker.card.name)
    back = checked(tracker.run(other, one, parameters, Span(steps, 0.4, 0.8)), shape, tracker.card.name)
    spoilt = tuple(grow(hole.astype(np.float32), _SPOILT) > 0 for hole in holes)
    steps.progress(0.85)
    first, agrees = _backdrop(there, back, spoilt[0], one, other)
    steps.progress(0.95)
    second, agrees_back = _backdrop(back, there, spoilt[1], other, one)
    return Pair(first, second, agrees, agrees_back)


def fetched(planes: Tensor, x: Tensor, y: Tensor, how: int = cv2.INTER_LINEAR) -> Tensor:
    """Samples [n, channels] of [height, width, channels] at points [n]; the nearest edge's outside."""
    if not x.size:
        return np.zeros((0, planes.shape[2]), np.float32)
    # OpenCV remaps pictures whose sides fit 15 bits: a long list of points is folded into rows.
    across = min(x.size, _FOLD)
    rows = -(-x.size // across)
    folded = (np.resize(points, (rows, across)).astype(np.float32) for points in (x, y))
    taken = cv2.remap(np.ascontiguousarray(planes), next(folded), next(folded), how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32).reshape(rows * across, planes.shape[2])[: x.size]


_FOLD = 4096


def _backdrop(motion: Motion, home: Motion, spoilt: Hole, one: Tensor, other: Tensor) -> tuple[Backdrop, Hole]:
    height, width = spoilt.shape
    stride = max(_FINEST, int(np.ceil(np.sqrt(height * width / _NODES))))
    sound = ~spoilt & (occlusion(motion, home) == 0) & np.isfinite(motion).all(axis=-1)
    if not sound.any():
        sound = ~spoilt if not spoilt.all() else np.ones_like(spoilt)
    size = (-(-width // stride), -(-height // stride))
    share = _cells(sound.astype(np.float32), stride, size)
    mean = _cells(np.where(sound[..., None], motion, 0).astype(np.float32), stride, size)
    mean /= np.maximum(share, np.float32(1e-6))[..., None]
    known = share > 0.3
    if not known.any():
        known = share > 0
    plane = _homography(mean, known, stride)
    grid = plane + _leftover(mean - plane, known)
    full = _spread(grid, stride, height, width)
    agrees = np.square(motion - full).sum(axis=-1) < np.square(_ASTRAY) + 0.01 * np.square(full).sum(axis=-1)
    gain = _gain(one, other, full, agrees & sound)
    return Backdrop(grid.astype(np.float16), stride, gain), agrees


def _homography(mean: Tensor, known: Hole, stride: int) -> Tensor:
    """The motion of the plane that most of the picture moves with: [rows, columns, 2]."""
    rows, columns = known.shape
    y, x = ((np.mgrid[:rows, :columns] + 0.5) * stride - 0.5).astype(np.float32)
    nodes = np.stack([x, y], axis=-1)
    start = nodes[known]
    found = None
    if start.shape[0] >= 16:
        found, _ = cv2.findHomography(start, start + mean[known], cv2.USAC_MAGSAC, 1.0, maxIters=2000)
    if found is None:
        return np.broadcast_to(np.median(mean[known], axis=0), mean.shape).astype(np.float32)
    moved = cv2.perspectiveTransform(nodes.reshape(1, -1, 2), found.astype(np.float64)).reshape(nodes.shape)
    return np.asarray(moved - nodes, np.float32)


def _leftover(rest: Tensor, known: Hole) -> Tensor:
    """What a plane leaves over, without what moves otherwise than all around it."""
    trust = known.astype(np.float32)
    for _ in range(_ROUNDS):
        wide = _blurred(rest * trust[..., None]) / np.maximum(_blurred(trust), np.float32(1e-3))[..., None]
        astray = np.square(rest - wide).sum(axis=-1)
        trust = known / (1 + astray / np.float32(_ASTRAY**2))
    return membrane(rest, (trust > 0.5).astype(np.float32))


def _blurred(image: Tensor) -> Tensor:
    reach = max(image.shape[:2]) // 16 * 2 + 1
    return np.asarray(cv2.blur(image, (reach, reach), borderType=cv2.BORDER_REPLICATE), np.float32)


def _gain(one: Tensor, other: Tensor, motion: Motion, same: Hole) -> Tensor:
    """How much brighter the first picture is where both show the same: [3]."""
    rows, columns = np.nonzero(same)
    if rows.size < 64:
        return np.ones(3, np.float32)
    some = np.linspace(0, rows.size - 1, min(rows.size, 20000)).astype(np.intp)
    y, x = rows[some], columns[some]
    ours = one[y, x]
    theirs = fetched(other, x + motion[y, x, 0], y + motion[y, x, 1])
    alike = (np.abs(ours - theirs) < _ALIKE) & (ours < _CLIPPED) & (theirs < _CLIPPED)
    sums = (ours * alike).sum(axis=0), (theirs * alike).sum(axis=0)
    gain = np.where(sums[1] > 0, sums[0] / np.maximum(sums[1], np.float32(1e-6)), 1.0)
    return gain.clip(0.8, 1.25).astype(np.float32)


def _cells(image: Tensor, stride: int, size: tuple[int, int]) -> Tensor:
    """Means over cells of `stride` pixels; the last ones are filled up by the edge."""
    down, across = size[1] * stride - image.shape[0], size[0] * stride - image.shape[1]
    padded = cv2.copyMakeBorder(image, 0, down, 0, across, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), np.float32)


def _spread(grid: Tensor, stride: int, height: int, width: int) -> Motion:
    """A grid at every pixel."""
    rows, columns = grid.shape[:2]
    full = cv2.resize(grid, (columns * stride, rows * stride), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[:height, :width], np.float32)
