"""What the samples of a frame of depth mean. Vocabulary, like `replate.frame`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest

CHANNEL = "depth.Z"
"""The channel of a frame of depth, whichever way it is written."""


@dataclass(frozen=True, slots=True)
class Depth:
    """Planar depth: distance along the view axis, or one over it.

    Made with `BadRequest` for numbers that make no sense together.
    """

    metric: bool
    """Distances in metres. Otherwise relative: in a unit of its own, one for the whole shot."""
    inverse: bool
    """Samples are 1/Z, where 0 is infinity. Otherwise they are Z."""
    near: float
    """The least distance in the shot; 0 where it is not known, as of a renderer's frames."""
    far: float
    """The greatest distance in the shot; may be infinite."""
    invalid: float = 0.0
    """The sample that stands where nothing is known."""
    focal: float = 0.0
    """Focal length in pixels of the display window, where the model found one; 0 where it is not known."""

    def __post_init__(self) -> None:
        if not (0 <= self.near <= self.far and self.far > 0 and math.isfinite(self.near)):
            raise BadRequest(
                f"Depth from {self.near} to {self.far} makes no sense: near is not below 0, and far not nearer."
            )
        if math.isnan(self.invalid) or not (0 <= self.focal < math.inf):
            raise BadRequest(
                f"Depth with the invalid sample {self.invalid} and the focal length {self.focal} makes no sense: "
                "both are numbers, and a focal length is not negative."
            )


def distances(samples: NDArray[Any], depth: Depth) -> NDArray[np.float32]:
    """Samples as distances Z, float32 of the same shape: infinite where 1/Z is 0, NaN where nothing is known.

    An `invalid` of 0 in 1/Z cannot be told from infinity, and counts as infinity. What is no distance
    (negative, NaN) is not known.
    """
    given = np.asarray(samples, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(given == 0, np.float32(np.inf), np.float32(1) / given) if depth.inverse else given
    known = (given >= 0) if depth.inverse else (given > 0)
    if not (depth.inverse and depth.invalid == 0):
        known &= given != np.float32(depth.invalid)
    return np.where(known, far, np.float32(np.nan)).astype(np.float32)


def samples(distances: NDArray[Any], depth: Depth) -> NDArray[np.float32]:
    """Distances Z as samples, float32 of the same shape: `invalid` where a distance is NaN, negative or 0."""
    given = np.asarray(distances, np.float32)
    known = given > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        written = np.float32(1) / given if depth.inverse else given
    return np.where(known, written, np.float32(depth.invalid)).astype(np.float32)
