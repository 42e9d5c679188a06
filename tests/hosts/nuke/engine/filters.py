"""The filters by which Nuke finds a picture's value between its pixels, and resampling with them.

A filter is a curve over the distance in pixels. Where a picture becomes smaller the curve is as much wider, so that
every pixel has its share. `cubic`, Nuke's default, is 2 x^3 - 3 x^2 + 1: the pixel itself in its middle, no
overshoot. Keys, Simon and Rifman are the family of R. Keys (1981) with sharper and sharper edges, Mitchell and Parzen
that of Mitchell and Netravali (1988).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import Refused
from engine.image import Box, Image, Plane

Places = NDArray[np.float64]
"""Coordinates as Nuke counts them: a pixel's middle is half a pixel from its edge."""


def _cubic(x: Places) -> Places:
    return np.where(x < 1, 1 + x**2 * (2 * x - 3), 0)


def _keys(a: float) -> Callable[[Places], Places]:
    def curve(x: Places) -> Places:
        near = (a + 2) * x**3 - (a + 3) * x**2 + 1
        far = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0))

    return curve


def _mitchell(b: float, c: float) -> Callable[[Places], Places]:
    def curve(x: Places) -> Places:
        near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b
        far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c
        return np.where(x < 1, near, np.where(x < 2, far, 0)) / 6

    return curve


_FILTERS: dict[str, tuple[Callable[[Places], Places], float]] = {
    "impulse": (lambda x: np.where(x < 0.5, 1.0, 0.0), 0.5),
    "linear": (lambda x: np.maximum(1 - x, 0), 1),
    "cubic": (_cubic, 1),
    "Keys": (_keys(-0.5), 2),
    "Simon": (_keys(-0.75), 2),
    "Rifman": (_keys(-1.0), 2),
    "Mitchell": (_mitchell(1 / 3, 1 / 3), 2),
    "Parzen": (_mitchell(1, 0), 2),
}
"""The curve, and how far it reaches."""


def resampled(
    image: Image, name: str, x: Places, y: Places, filter: str, shrink: tuple[float, float], repeat: bool | None = None
) -> Plane:
    """A channel at places along the axes: [len(y), len(x)]. `shrink` is how many pixels come to one, across and up."""
    (columns, across), (rows, up) = _taps(x, filter, shrink[0]), _taps(y, filter, shrink[1])
    box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    pixels = image.plane(name, box, repeat=repeat).astype(np.float64)
    columns, rows = columns - box.x, rows - box.y
    narrow = np.zeros((pixels.shape[0], len(x)))
    for tap in range(columns.shape[1]):
        narrow += pixels[:, columns[:, tap]] * across[:, tap]
    found = np.zeros((len(y), len(x)))
    for tap in range(rows.shape[1]):
        found += narrow[rows[:, tap]] * up[:, tap, None]
    return found.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture that is looked up at any places; not for making it smaller."""

    pixels: NDArray[np.float32]
    """[height, width, channels], with a pixel more on every side: what is beyond."""
    x: int
    y: int

    @classmethod
    def of(cls, image: Image, names: Sequence[str], repeat: bool | None = None) -> Texture:
        """`repeat`: whether its edge goes on, else as the picture has it."""
        around = Box(image.box.x - 1, image.box.y - 1, image.box.r + 1, image.box.t + 1)
        return cls(np.dstack([image.plane(name, around, repeat=repeat) for name in names]), around.x, around.y)

    def at(self, x: Places, y: Places, filter: str) -> NDArray[np.float32]:
        """[places, channels]"""
        (columns, across), (rows, up) = _taps(x, filter, 1), _taps(y, filter, 1)
        height, width, channels = self.pixels.shape
        columns, rows = np.clip(columns - self.x, 0, width - 1), np.clip(rows - self.y, 0, height - 1)
        flat = self.pixels.reshape(-1, channels)
        found = np.zeros((len(x), channels))
        for row in range(rows.shape[1]):
            for column in range(columns.shape[1]):
                weight = up[:, row] * across[:, column]
                found += flat[rows[:, row] * width + columns[:, column]] * weight[:, None]
        return found.astype(np.float32)


def _taps(places: Places, filter: str, shrink: float) -> tuple[NDArray[np.int64], Places]:
    """Which pixels are looked at, [places, taps], and how much each counts; a place's come to 1."""
    if filter not in _FILTERS:
        raise Refused(f"the stand-in has no filter {filter}: {', '.join(_FILTERS)} are what it knows")
    curve, reach = _FILTERS[filter]
    wide = max(1.0, shrink) if filter != "impulse" else 1.0
    span = int(np.ceil(reach * wide))
    middles = places - 0.5
    if filter == "impulse":
        pixels = np.floor(places).astype(np.int64)[:, None]
        return pixels, np.ones(pixels.shape)
    pixels = np.floor(middles).astype(np.int64)[:, None] + np.arange(1 - span, span + 1)
    weights = curve(np.abs(pixels - middles[:, None]) / wide)
    return pixels, weights / weights.sum(axis=1, keepdims=True)
