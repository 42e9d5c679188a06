"""The invertible range compression between linear light and what a model sees, and the guard on the way back.

Display value d of linear light x, with sRGB(x) the encoding of IEC 61966-2-1 (constants derived below so that
it is continuous with its slope):

    x < 0             d = BLACK - TOE ln(1 - x SLOPE / TOE)          a logarithmic toe
    0 <= x <= KNEE    d = BLACK + SCALE sRGB(x)                      sRGB, raised by BLACK at the bottom
    KNEE < x <= FAR   d = d(KNEE) + H u / (u + C), u = x - KNEE      a Michaelis-Menten shoulder
    FAR < x           d = d(FAR) + TAIL ln(x / FAR)                  a logarithmic tail

SCALE makes d(KNEE) that of sRGB itself, so that the two differ by BLACK at black and by nothing at the knee.
C, TAIL and SLOPE follow from equal slopes where the pieces meet; TOE from d(-LIMIT) = 0, H from d(LIMIT) = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, log1p
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.strips import in_strips

Image = NDArray[np.float32]

LIMIT = 2.0**32
"""The largest magnitude that comes back. Far above half's 65504: a change of primaries and the division by a
small alpha lead out of half's range, and have to come back."""
BLACK = 1.0 / 128.0
"""Where linear 0 lies; negatives have the range below it."""
KNEE = 0.5
FAR = 16.0

_OFFSET, _GAMMA = 0.055, 2.4
_CUT_ENCODED = _OFFSET / (_GAMMA - 1.0)
_CUT = ((_CUT_ENCODED + _OFFSET) / (1.0 + _OFFSET)) ** _GAMMA
_SRGB_SLOPE = _CUT_ENCODED / _CUT

_KNEE_ENCODED = (1.0 + _OFFSET) * KNEE ** (1.0 / _GAMMA) - _OFFSET
_SCALE = (_KNEE_ENCODED - BLACK) / _KNEE_ENCODED
_KNEE_SLOPE = _SCALE * (1.0 + _OFFSET) / _GAMMA * KNEE ** (1.0 / _GAMMA - 1.0)
_SLOPE = _SCALE * _SRGB_SLOPE
_CUT_DISPLAY = BLACK + _SCALE * _CUT_ENCODED


def compress(linear: Image) -> Image:
    """Display values in [0,1] of linear light.

    float32 of any shape, finite; beyond `LIMIT` it is clipped. Rising, with a continuous slope; 0 gives
    `BLACK`, 1 gives `WHITE`. Every finite half-float value comes back from `expand` to within half precision.
    """
    return _blockwise(linear, _compress)


def expand(display: Image) -> Image:
    """The inverse of `compress`: linear light of display values, clipped to [0,1]. float32 of any shape."""
    return _blockwise(display, _expand)


def guard(expanded: Image, source: Image, radius: int = 8, *, black: float = 0.0, white: float = 1.0) -> Image:
    """A model's picture, kept within what the source picture shows nearby.

    A model paints display 1.0 without meaning the brightest light there is. Each value of `expanded` [height,
    width, channels] is limited to at most `white` or the highest value of any channel of `source` within
    `radius` pixels (a square), and to at least `black` or the lowest, whichever is further out. Channels
    count together, so that a highlight may change its hue. The same array comes back where nothing is beyond;
    an unchanged picture always stays as it is. Both may also be encoded by a rising function such as
    `compress`, with `black` and `white` encoded alike.
    """
    if expanded.size == 0:
        return expanded
    bounds: list[tuple[np.ufunc, Image]] = []
    if float(expanded.max()) > white:
        bounds.append((np.minimum, _nearby(source, radius, np.maximum, cv2.dilate, white)))
    if float(expanded.min()) < black:
        bounds.append((np.maximum, _nearby(source, radius, np.minimum, cv2.erode, black)))
    if not bounds:
        return expanded
    limited = np.empty_like(expanded)

    def limit(rows: slice) -> None:
        for channel in range(expanded.shape[2]):
            values = expanded[rows, :, channel]
            for nearest, bound in bounds:
                values = nearest(values, bound[rows])
            limited[rows, :, channel] = values

    in_strips(expanded.shape[0], expanded.shape[1], limit)
    return limited


def _nearby(source: Image, radius: int, extreme: np.ufunc, spread: Callable[..., Any], at_least: float) -> Image:
    """The greatest or least value of any channel around each pixel, or `at_least` where that is further out."""
    plane = np.empty(source.shape[:2], np.float32)

    # By planes here and below, since broadcasting over, or reducing, three channels is slow in numpy.
    def over_channels(rows: slice) -> None:
        plane[rows] = source[rows, :, 0]
        for channel in range(1, source.shape[2]):
            extreme(plane[rows], source[rows, :, channel], out=plane[rows])

    in_strips(source.shape[0], source.shape[1], over_channels)
    around = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    nearby: Image = np.asarray(spread(plane, around)).reshape(plane.shape)
    return np.asarray(extreme(nearby, np.float32(at_least)))


def _solve(error: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero, by bisection."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if error(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def _shoulder(height: float) -> tuple[float, float, float]:
    """C, d(FAR) - d(KNEE) and TAIL of a shoulder of asymptotic height H."""
    half = height / _KNEE_SLOPE
    reach = FAR - KNEE
    return half, height * reach / (reach + half), FAR * height * half / (reach + half) ** 2


def _top(height: float) -> float:
    _, shoulder, tail = _shoulder(height)
    return float(_KNEE_ENCODED + shoulder + tail * log(LIMIT / FAR))


_TOE = _solve(lambda toe: toe * log1p(LIMIT * _SLOPE / toe) - BLACK, 1e-9, BLACK)
_HEIGHT = _solve(lambda height: _top(height) - 1.0, 1e-3, 1.0)
_HALF, _SHOULDER, _TAIL = _shoulder(_HEIGHT)
_FAR_DISPLAY = _KNEE_ENCODED + _SHOULDER

WHITE = _KNEE_ENCODED + _HEIGHT * (1.0 - KNEE) / (1.0 - KNEE + _HALF)
"""Where linear 1 lies: about 0.85."""

_BLOCK = 1 << 19
"""Values worked on at once: few enough to stay near a core from step to step, and more than a strip of a picture has
(see `in_strips`, which says why)."""


def _blockwise(values: Image, work: Callable[[Image], Image]) -> Image:
    flat = np.ascontiguousarray(values, np.float32).reshape(-1)
    result = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        result[start : start + _BLOCK] = work(flat[start : start + _BLOCK])
    return result.reshape(values.shape)


def _compress(x: Image) -> Image:
    middle = np.clip(x, np.float32(_CUT), np.float32(KNEE))
    d = _power(middle, 1.0 / _GAMMA)
    d *= np.float32(_SCALE * (1.0 + _OFFSET))
    d += np.float32(BLACK - _SCALE * _OFFSET)
    dark = x < np.float32(_CUT)
    if dark.any():
        _put(d, x * np.float32(_SLOPE) + np.float32(BLACK), dark)
        negative = x < 0
        if negative.any():
            below = np.maximum(x[negative], np.float32(-LIMIT))
            d[negative] = np.float32(BLACK) - np.float32(_TOE) * np.log1p(below * np.float32(-_SLOPE / _TOE))
    bright = x > np.float32(KNEE)
    if bright.any():
        u = np.clip(x, np.float32(KNEE), np.float32(LIMIT))
        far = u > np.float32(FAR)
        u -= np.float32(KNEE)
        u /= u + np.float32(_HALF)
        u *= np.float32(_HEIGHT)
        u += np.float32(_KNEE_ENCODED)
        _put(d, u, bright)
        if far.any():
            beyond = np.minimum(x[far], np.float32(LIMIT)) * np.float32(1.0 / FAR)
            d[far] = np.float32(_FAR_DISPLAY) + np.float32(_TAIL) * np.log(beyond)
    return np.clip(d, np.float32(0), np.float32(1), out=d)


def _expand(d: Image) -> Image:
    middle = np.clip(d, np.float32(_CUT_DISPLAY), np.float32(_KNEE_ENCODED))
    middle -= np.float32(BLACK - _SCALE * _OFFSET)
    middle *= np.float32(1.0 / (_SCALE * (1.0 + _OFFSET)))
    x = _power(middle, _GAMMA)
    dark = d < np.float32(_CUT_DISPLAY)
    if dark.any():
        _put(x, (d - np.float32(BLACK)) * np.float32(1.0 / _SLOPE), dark)
        negative = d < np.float32(BLACK)
        if negative.any():
            depth = np.float32(BLACK) - np.maximum(d[negative], np.float32(0))
            x[negative] = np.expm1(depth * np.float32(1.0 / _TOE)) * np.float32(-_TOE / _SLOPE)
    bright = d > np.float32(_KNEE_ENCODED)
    if bright.any():
        v = np.clip(d, np.float32(_KNEE_ENCODED), np.float32(_FAR_DISPLAY))
        v -= np.float32(_KNEE_ENCODED)
        v /= np.float32(_HEIGHT) - v
        v *= np.float32(_HALF)
        v += np.float32(KNEE)
        _put(x, v, bright)
        far = d > np.float32(_FAR_DISPLAY)
        if far.any():
            beyond = np.minimum(d[far], np.float32(1)) - np.float32(_FAR_DISPLAY)
            x[far] = np.float32(FAR) * np.exp(beyond * np.float32(1.0 / _TAIL))
    return np.clip(x, np.float32(-LIMIT), np.float32(LIMIT), out=x)


def _power(values: Image, exponent: float) -> Image:
    raised: Image = np.power(values, np.float32(exponent))
    return raised


def _put(into: Image, values: Image, where: NDArray[np.bool_]) -> None:
    """`np.copyto(into, values, where=where)` by bits: quicker where the mask is busy, and other threads may go on."""
    bits = into.view(np.uint32)
    change = bits ^ values.view(np.uint32)
    change &= np.negative(where, dtype=np.uint32, casting="unsafe")
    bits ^= change
