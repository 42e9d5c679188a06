"""Points followed along the backdrop until some frame shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.backdrop import Backdrop
from replate_server.operations.inpaint.holes import Hole


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Where each of n points is seen, in one direction of time."""

    index: NDArray[np.int32]
    """[n]: which frame of the context shows it; -1 where none does."""
    x: Tensor
    """[n], pixels."""
    y: Tensor
    steps: NDArray[np.int32]
    """[n]: how many frames away."""
    gain: Tensor
    """[n, 3]: what the colours there are multiplied by."""

    @property
    def seen(self) -> NDArray[np.bool_]:
        return self.index >= 0


def trace(
    start: int,
    points: tuple[Tensor, Tensor],
    motions: Mapping[tuple[int, int], Backdrop],
    shown: Callable[[int], Hole],
    towards: int,
) -> Sighting:
    """Follows points x, y [n] of the context's frame `start` through time, `towards` being 1 or -1.

    `motions` are by pairs of neighbours; where there is none, nothing is followed further. `shown` says what of a
    frame may be used, [height, width]. A point is looked up where its vectors, put end to end, lead: what is
    fetched there is interpolated once.
    """
    count = points[0].size
    index = np.full(count, -1, np.int32)
    steps = np.zeros(count, np.int32)
    x, y = (one.astype(np.float32).copy() for one in points)
    gain = np.ones((count, 3), np.float32)
    following = np.arange(count)
    at, total = start, np.ones(3, np.float32)
    while following.size and (at, at + towards) in motions:
        motion = motions[at, at + towards]
        x[following], y[following] = motion.along(x[following], y[following])
        total = total * motion.gain
        at += towards
        usable = shown(at)
        height, width = usable.shape
        px, py = x[following], y[following]
        inside = (px >= 0) & (px <= width - 1) & (py >= 0) & (py <= height - 1)
        following, px, py = following[inside], px[inside], py[inside]
        seen = usable[np.rint(py).astype(np.intp), np.rint(px).astype(np.intp)]
        found = following[seen]
        index[found], steps[found], gain[found] = at, abs(at - start), total
        following = following[~seen]
    return Sighting(index, x, y, steps, gain)


def carried(
    key: int, motions: Mapping[tuple[int, int], Backdrop], shape: tuple[int, int], towards: int
) -> Iterator[tuple[int, tuple[Backdrop, Tensor, Tensor]]]:
    """For each frame from a key frame on, in one direction of time: where what it shows lies in the key frame.

    Yields the frame, a motion with whose nodes the frame is covered, where these lie in the key frame ([rows,
    columns, 2], x and y in pixels; NaN where the way leaves the picture, which is `shape` high and wide), and what
    the key frame's colours are multiplied by ([3]).
    """
    height, width = shape
    at, gain = key, np.ones(3, np.float32)
    nodes: Tensor | None = None
    while (at, at + towards) in motions:
        back = motions[at + towards, at]
        here = back.nodes()
        x, y = back.along(*(axis.ravel() for axis in np.moveaxis(here, -1, 0)))
        outside = (x < -1) | (x > width) | (y < -1) | (y > height)
        place = np.stack([x, y], axis=-1) if nodes is None else back.at_points(nodes, x, y)
        place[outside] = np.nan
        nodes = place.reshape(here.shape)
        gain = gain * back.gain
        at += towards
        yield at, (back, nodes, gain)
