"""Depth at the plate's size, with its edges on the picture's edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.strips import in_strips
from replate_server.operations.contract import Tensor
from replate_server.operations.depth.fuse import weighted_median

_ALIKE = 0.08
"""Standard deviation of display-referred colours that count as one surface's."""
_BENT = 0.02
"""An edge is where depth leaves the mean around it by this part of the shot's span: a slanted floor does not."""
_STEEP = 0.02
"""Part of the span by which depth may change from pixel to pixel and still be a surface, not a blurred edge."""
_AT_ONCE = 1 << 14
"""Pixels whose neighbours are weighed together."""


def detailed(picture: Tensor, depth: Tensor, reach: int, span: float) -> Tensor:
    """Depth [height, width] for a picture [height, width, 3], from an estimate [rows, columns].

    At a step in depth a model's estimate is a ramp some pixels wide, near the picture's edge and not on it. There
    each pixel of the plate takes the weighted median of the estimates within `reach` of the estimate's pixels
    (He and others' guided filter would mix them, and leave halos): those of the same colour count, and those on the
    ramp itself hardly at all, so that a pixel lands on one side or on the other. It is the weighted median filter of
    Ma et al., "Constant Time Weighted Median Filtering for Stereo Matching and Beyond", ICCV 2013, done by brute
    force where there are edges. Elsewhere the estimate is interpolated. `span` is the range of depth in the shot,
    against which steps are measured; a `reach` of 0 interpolates everywhere.
    """
    height, width = picture.shape[:2]
    smooth = resize(depth, width, height, Nature.COLOUR)
    if reach < 1 or span <= 0:
        return smooth
    edges = cv2.resize(_edges(depth, reach, span), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    if not edges.any():
        return smooth
    sided = smooth.copy()
    sides = _Sides(picture, depth, reach, span)

    def choose(strip: slice) -> None:
        rows, columns = np.nonzero(edges[strip])
        for start in range(0, rows.size, _AT_ONCE):
            down, across = rows[start : start + _AT_ONCE] + strip.start, columns[start : start + _AT_ONCE]
            sided[down, across] = sides.at(down, across)

    in_strips(height, width, choose)
    # A median of neighbours takes away single pixels that fell on the wrong side, and moves no edge.
    return np.where(edges, cv2.medianBlur(sided, 5), sided)


class _Sides:
    """Which side of an edge a pixel of the plate is on."""

    def __init__(self, picture: Tensor, depth: Tensor, reach: int, span: float) -> None:
        self._picture, self._depth = picture, depth
        self._guide = resize(picture, depth.shape[1], depth.shape[0], Nature.COLOUR)
        self._firm = np.exp(-np.square(_slope(depth) / np.float32(_STEEP * span))) + np.float32(1e-3)
        offsets = np.arange(-reach, reach + 1, max(reach // 3, 1))
        down, across = np.meshgrid(offsets, offsets, indexing="ij")
        self._down, self._across = down.reshape(-1), across.reshape(-1)
        distance = np.square(self._down) + np.square(self._across)
        self._near = np.exp(-distance / (2 * (reach / 1.5) ** 2)).astype(np.float32)

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Tensor:
        """Depth of some pixels of the plate."""
        tall, wide = self._depth.shape
        height, width = self._picture.shape[:2]
        down = ((2 * rows + 1) * tall // (2 * height))[:, None] + self._down
        across = ((2 * columns + 1) * wide // (2 * width))[:, None] + self._across
        where = down.clip(0, tall - 1), across.clip(0, wide - 1)
        unlike = self._guide[where] - self._picture[rows, columns][:, None]
        alike = np.exp(np.einsum("nkc,nkc->nk", unlike, unlike) / np.float32(-2 * _ALIKE**2))
        return weighted_median(self._depth[where], self._near * (alike * self._firm[where] + np.float32(1e-6)))


def _edges(depth: Tensor, reach: int, span: float) -> NDArray[np.uint8]:
    side = 2 * reach + 1
    # Beyond the border a slanted floor goes on as it was.
    beyond = np.pad(depth, reach, mode="reflect", reflect_type="odd")
    mean = cv2.blur(beyond, (side, side))[reach:-reach, reach:-reach]
    bent = (np.abs(depth - mean) > _BENT * span).astype(np.uint8)
    return np.asarray(cv2.dilate(bent, np.ones((reach + 1, reach + 1), np.uint8)), np.uint8)


def _slope(depth: Tensor) -> Tensor:
    across, down = (cv2.Sobel(depth, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    slope: Tensor = np.hypot(across, down)
    return slope
