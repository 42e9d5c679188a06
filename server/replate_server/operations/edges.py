"""A coarse matte made to follow the edges that a fine picture shows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor

Array = NDArray[Any]


def follow(picture: Tensor, matte: Tensor, radius: int, smoothness: float = 1e-4) -> Tensor:
    """A matte [height, width] in [0,1] of the picture's size, whose edges lie where the picture has some.

    `picture` is [height, width, 3] display-referred; `matte` is [rows, columns], as coarse as it comes. The guided
    filter of He, Sun and Tang (TPAMI 2013, equation 19, a colour guide), fitted at the matte's resolution and
    applied at the picture's, as in their "Fast Guided Filter" (2015). `radius` is in the matte's pixels;
    contrasts below the square root of `smoothness` count as flat. Nothing falls below the least or rises above the
    greatest that the matte has within the radius, so what is solid or empty stays so.
    """
    height, width = picture.shape[:2]
    rows, columns = matte.shape
    # A guide finer than the matte adds nothing to the fit, and one coarser than the picture is not there.
    rows, columns = min(rows, height), min(columns, width)
    coarse = resize(matte, columns, rows, Nature.MATTE)
    guide = resize(picture, columns, rows, Nature.COLOUR)
    slope, offset = _fit(guide, coarse, radius, smoothness)
    slope = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 3)
    offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width)
    followed = np.einsum("yxc,yxc->yx", picture, slope)
    followed += offset
    around = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    least, greatest = (
        cv2.resize(extreme(coarse, around), (width, height), interpolation=cv2.INTER_LINEAR)
        for extreme in (cv2.erode, cv2.dilate)
    )
    result: Tensor = np.clip(followed, least, greatest, out=followed).clip(0, 1)
    return result


def _fit(guide: Array, matte: Array, radius: int, smoothness: float) -> tuple[Array, Array]:
    """For each pixel the mean of the affine maps, colour to matte, that fit best in the squares around it."""

    def mean(planes: Array) -> Array:
        side = 2 * radius + 1
        return cv2.blur(planes, (side, side), borderType=cv2.BORDER_REFLECT).reshape(planes.shape)

    colour, level = mean(guide), mean(matte)
    covariance = np.empty((*matte.shape, 3, 3), np.float32)
    for one in range(3):
        for other in range(one, 3):
            shared = mean(guide[..., one] * guide[..., other]) - colour[..., one] * colour[..., other]
            covariance[..., one, other] = covariance[..., other, one] = shared
        covariance[..., one, one] += np.float32(smoothness)
    together = mean(guide * matte[..., None]) - colour * level[..., None]
    slope = np.linalg.solve(covariance, together[..., None])[..., 0].astype(np.float32)
    offset = level - np.einsum("yxc,yxc->yx", slope, colour)
    return mean(slope), mean(offset)
