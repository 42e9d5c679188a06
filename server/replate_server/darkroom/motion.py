"""Motion vectors used: pictures warped along them, and where they cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.errors import Failed
from replate_server.darkroom.resize import Nature

Array = NDArray[Any]
Motion = NDArray[np.float32]
Matte = NDArray[np.float32]

_UNLIKE = np.float32(0.08)
"""Difference of two display-referred colours at which they count for exp(-1) of the same place's."""
_APART = 1.1
"""How many times as far as another a place may be that is still the same, from a frame to the next."""


def warp(image: Array, motion: Motion, nature: Nature, sharp: bool = False) -> Array:
    """A picture fetched along motion vectors: out(x) = image(x + motion(x)), a backward warp.

    `image` is [height, width] or [height, width, channels], `motion` [height, width, 2] in pixels (u to the
    right, v down), of the same height and width. COLOUR and MATTE are interpolated linearly (`sharp`: by cubics,
    which keep detail and may overshoot) and come back float32, DATA and MOTION are the nearest pixel's. What lies
    outside the picture is its nearest edge pixel; vectors that are not finite count as none.
    """
    height, width = image.shape[:2]
    if motion.shape != (height, width, 2):
        raise Failed(f"Motion {motion.shape} does not fit a picture {image.shape}; compute both at one size.")
    x, y = _targets(motion)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    if nature in (Nature.DATA, Nature.MOTION):
        return image[np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)]
    planes = np.ascontiguousarray(image, np.float32).reshape(height, width, -1)
    how = cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR
    parts = [_fetch(planes[..., at : at + 4], x, y, how) for at in range(0, planes.shape[2], 4)]
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


def parted(first: Array, second: Array, forward: Motion) -> Matte:
    """A matte [height, width]: 1 where the motion leads from one thing to another, as their distances tell.

    `first` and `second` are 1/Z [height, width] in one unit (on a plane, that is interpolated exactly); `forward` is
    the motion from the first frame to the second. Where a distance is not known (NaN), nothing is said.
    """
    here, there = np.asarray(first, np.float32), warp(second, forward, Nature.COLOUR)
    known = np.isfinite(here) & np.isfinite(there)
    near, far = np.maximum(here, there), np.minimum(here, there)
    apart: Matte = (known & (near > _APART * far)).astype(np.float32)
    return apart


def along(steps: Iterable[tuple[Motion, Matte]]) -> Iterator[tuple[Motion, Matte]]:
    """Steps from frame to frame put end to end, so that what is fetched is interpolated once however far it comes.

    A step is the finite motion from a frame to the one beside it [height, width, 2], and a matte [height, width] of
    what is seen in both. After each comes the motion from the first frame of all, and what of it is seen all the way.
    """
    so_far: Motion | None = None
    seen: Matte | None = None
    for step, both in steps:
        seen = both if seen is None or so_far is None else seen * warp(both, so_far, Nature.COLOUR)
        so_far = step if so_far is None else so_far + warp(step, so_far, Nature.COLOUR)
        yield so_far, seen


def inverse(forward: Motion, guess: Motion, rounds: int = 3) -> Motion:
    """The motion from the second frame to the first that undoes `forward` exactly, [height, width, 2] in pixels.

    `guess` is nearly right, as one that was measured by itself: where it is not, neither is what comes out. The fixed
    point of b(x) = -forward(x + b(x)): Chen et al., "A simple fixed-point approach to invert a deformation field",
    Medical Physics 2008.
    """
    back = guess
    for _ in range(rounds):
        back = -warp(forward, back, Nature.COLOUR)
    return back


def likeness(first: Array, second: Array, motion: Motion) -> Matte:
    """A matte [height, width]: 1 where two frames look the same along the motion, less where they do not.

    Both are [height, width, 3] display-referred in [0,1], without what is finer than the motion is exact.
    """
    astray = np.abs(warp(second, motion, Nature.COLOUR) - first).max(axis=-1)
    alike: Matte = np.exp(-np.square(astray / _UNLIKE))
    return alike


def without_specks(trust: Matte, margin: int = 1) -> Matte:
    """Trust [height, width] falling off around what is not trusted, from `margin` pixels on.

    Neighbours should come from the same frames, and what is fetched beside an edge has some of its other side in it.
    """
    worst = cv2.erode(trust, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    return np.asarray(cv2.GaussianBlur(worst, (0, 0), 2.0), np.float32).reshape(trust.shape)


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


def _fetch(planes: NDArray[np.float32], x: Motion, y: Motion, how: int) -> NDArray[np.float32]:
    fetched = cv2.remap(np.ascontiguousarray(planes), x, y, how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(fetched, np.float32).reshape(planes.shape)
