"""Motion vectors used: pictures warped along them, and where they cannot be trusted."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import Failed
from replate_server.darkroom.resize import Nature

Array = NDArray[Any]
Motion = NDArray[np.float32]


def warp(image: Array, motion: Motion, nature: Nature) -> Array:
    """A picture fetched along motion vectors: out(x) = image(x + motion(x)), a backward warp.

    `image` is [height, width] or [height, width, channels], `motion` [height, width, 2] in pixels (u to the
    right, v down), of the same height and width. COLOUR and MATTE are interpolated linearly and come back
    float32, DATA and MOTION are the nearest pixel's. What lies outside the picture is its nearest edge pixel;
    vectors that are not finite count as none.
    """
    height, width = image.shape[:2]
    if motion.shape != (height, width, 2):
        raise Failed(f"Motion {motion.shape} does not fit a picture {image.shape}; compute both at one size.")
    x, y = _targets(motion)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    if nature in (Nature.DATA, Nature.MOTION):
        return image[np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)]
    planes = np.ascontiguousarray(image, np.float32).reshape(height, width, -1)
    parts = [_fetch(planes[..., at : at + 4], x, y) for at in range(0, planes.shape[2], 4)]
    warped = np.concatenate(parts, axis=2).reshape(image.shape)
    return np.clip(warped, 0.0, 1.0) if nature is Nature.MATTE else warped


def occlusion(forward: Motion, backward: Motion) -> NDArray[np.float32]:
    """A matte [height, width]: 1 where a pixel of the first frame is hidden in the second, or has left it.

    `forward` is the motion from the first frame to the second, `backward` from the second to the first, both
    [height, width, 2] in pixels. A pixel is seen in both where going there and back leads home: the criterion
    of Sundaram, Brox and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical
    flow", ECCV 2010, equation 5: |w + w'|^2 < 0.01 (|w|^2 + |w'|^2) + 0.5.
    """
    height, width = forward.shape[:2]
    x, y = _targets(forward)
    outside = (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)
    back = warp(backward, forward, Nature.COLOUR)
    there = np.nan_to_num(forward, nan=0.0, posinf=0.0, neginf=0.0)
    astray = np.square(there + back).sum(axis=-1)
    allowed = 0.01 * (np.square(there).sum(axis=-1) + np.square(back).sum(axis=-1)) + 0.5
    hidden: NDArray[np.float32] = (outside | ~(astray < allowed)).astype(np.float32)
    return hidden


def unsteadiness(first: Array, second: Array, forward: Motion, backward: Motion) -> float:
    """How much a value changes from frame to frame where nothing but the motion should change it.

    The mean of |second(x + forward(x)) - first(x)| over the places that are seen in both, known as the temporal
    alignment error. `first` and `second` are [height, width], the motion as in `occlusion`. 0 where nothing is seen
    in both.
    """
    seen = occlusion(forward, backward) == 0
    astray = np.abs(warp(second, forward, Nature.COLOUR) - np.asarray(first, np.float32))[seen]
    return float(astray.mean()) if astray.size else 0.0


def _targets(motion: Motion) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = motion.shape[:2]
    vectors = np.where(np.isfinite(motion).all(axis=-1, keepdims=True), motion, np.float32(0))
    x = vectors[..., 0] + np.arange(width, dtype=np.float32)
    y = vectors[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return x, y


def _fetch(planes: NDArray[np.float32], x: Motion, y: Motion) -> NDArray[np.float32]:
    fetched = cv2.remap(np.ascontiguousarray(planes), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(fetched, np.float32).reshape(planes.shape)
