"""Pictures for property tests: small, odd-sized, and as extreme as half floats get."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from replate.frame import Box, Frame, FrameSpec, PixelType

LINEAR = "Linear Rec.709 (sRGB)"
DEFAULT_CONFIG = "ocio://default"

sizes = st.integers(1, 7)


def every_finite_half() -> NDArray[np.float16]:
    """All 63488 of them, rising; both zeros among them."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    return np.sort(values[np.isfinite(values)])


@st.composite
def halves(draw: st.DrawFn, channels: int | None = 3, finite: bool = True) -> NDArray[np.float16]:
    """Any bit patterns: subnormals, 65504, and NaN with payloads and infinity if not `finite`."""
    shape = (draw(sizes), draw(sizes)) + (() if channels is None else (channels,))
    bits = draw(hnp.arrays(np.uint16, shape, elements=st.integers(0, 0xFFFF)))
    if finite:
        bits[(bits & 0x7C00) == 0x7C00] ^= 0x0400
    return bits.view(np.float16)


@st.composite
def unit_pictures(draw: st.DrawFn, channels: int | None = 3, largest: int = 7) -> NDArray[np.float32]:
    """float32 in [0,1], with 0 and 1 often among it."""
    side = st.integers(1, largest)
    shape = (draw(side), draw(side)) + (() if channels is None else (channels,))
    elements = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, width=32))
    return draw(hnp.arrays(np.float32, shape, elements=elements))


def frame_of(
    pixels: NDArray[Any],
    channels: tuple[str, ...] = ("R", "G", "B"),
    space: str = LINEAR,
    at: tuple[int, int] = (0, 0),
    number: int = 1001,
) -> Frame:
    """A frame of half or float pixels whose display window is its data window moved to the origin."""
    height, width = pixels.shape[:2]
    spec = FrameSpec(
        number=number,
        data_window=Box(*at, width, height),
        display_window=Box(0, 0, width, height),
        channels=channels,
        pixel_type=PixelType.HALF if pixels.dtype == np.float16 else PixelType.FLOAT,
        colour_space=space,
    )
    return Frame(spec, pixels)


def same_bits(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Equal to the last bit, the payloads of NaN and the sign of zero included."""
    return first.dtype == second.dtype and first.shape == second.shape and first.tobytes() == second.tobytes()
