"""A frame of a plate: its pixels, and all there is to say of them.

This is vocabulary: client and server share it, and it depends on numpy alone
(and BLAKE3, for the names of pixels).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from replate.depth import Depth
from replate.errors import BadRequest

Pixels = NDArray[np.float16] | NDArray[np.float32]
MetadataValue = str | int | float | tuple[float, ...]

DATA = "data"
"""The colour space of pixels that are no colour: depth, motion, mattes, ids."""

MOST_FIGURES = 16
_FIGURE = re.compile(r"[a-z_]{1,32}")


class PixelType(str, Enum):
    """How one sample is stored: IEEE 754 binary16 or binary32, little-endian."""

    HALF = "half"
    FLOAT = "float"

    @property
    def dtype(self) -> np.dtype[np.float16] | np.dtype[np.float32]:
        return np.dtype("<f2") if self is PixelType.HALF else np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open rectangle of pixels, origin top-left: columns x to x + width - 1, rows y to y + height - 1."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    @property
    def empty(self) -> bool:
        return self.width < 1 or self.height < 1

    def intersection(self, other: Box) -> Box:
        """What both cover; may be `empty`."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Box(x, y, min(self.right, other.right) - x, min(self.bottom, other.bottom) - y)

    def union(self, other: Box) -> Box:
        """The least box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured of a frame. Made with `BadRequest` for a name or a number that is none."""

    name: str
    """"warping_error": 1 to 32 of a to z and the underscore."""
    value: float
    """Finite."""

    def __post_init__(self) -> None:
        if not _FIGURE.fullmatch(self.name):
            raise BadRequest(f"'{self.name[:40]}' cannot name a figure; use 1 to 32 of a to z and the underscore.")
        if not math.isfinite(self.value):
            raise BadRequest(f"The figure {self.name} is {self.value}; it must be a finite number.")


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """All there is to say of a frame but its pixels."""

    number: int
    """Frame number on the plate's own count."""
    data_window: Box
    """Where the pixels lie; may be smaller than the display window or reach beyond it."""
    display_window: Box
    """The format: what a viewer shows."""
    channels: tuple[str, ...]
    """Channel names, in the order in which samples are interleaved."""
    pixel_type: PixelType = PixelType.HALF
    colour_space: str = "scene_linear"
    """OpenColorIO name of the space of R, G and B, or `DATA`."""
    pixel_aspect: float = 1.0
    view: str = ""
    metadata: Mapping[str, MetadataValue] = field(default_factory=lambda: MappingProxyType({}))
    depth: Depth | None = None
    """What the samples mean where they are depth; None where they are not, or nobody said."""
    figures: tuple[Figure, ...] = ()
    """What was measured of the frame when it was made, each name once, `MOST_FIGURES` at most."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the pixel array."""
        return self.data_window.height, self.data_window.width, len(self.channels)

    @property
    def size(self) -> int:
        """Bytes of the pixels."""
        height, width, channels = self.shape
        return height * width * channels * self.pixel_type.dtype.itemsize


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A frame whose pixels lie in a store, named by their digest (BLAKE3, 64 hexadecimal digits)."""

    spec: FrameSpec
    digest: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of a frame on disk: while it is the same, so is what reading the frame gives."""

    text: str
    """Names the file, its state and how it is read."""
    settled: bool = True
    """False where the file was changed a moment ago, so that a further change may leave its time stamp the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame with its pixels: an array [height, width, channels] of the spec's type, rows from the top."""

    spec: FrameSpec
    pixels: Pixels

    def __post_init__(self) -> None:
        if self.pixels.shape != self.spec.shape or self.pixels.dtype != self.spec.pixel_type.dtype:
            raise BadRequest(
                f"Frame {self.spec.number} has pixels {self.pixels.shape} {self.pixels.dtype} where its spec "
                f"says {self.spec.shape} {self.spec.pixel_type.value}."
            )

    def with_pixels(self, pixels: Pixels) -> Frame:
        return replace(self, pixels=pixels)

    def channel(self, name: str) -> NDArray[np.floating]:
        """One channel as an array [height, width], a view. Raises KeyError."""
        if name not in self.spec.channels:
            raise KeyError(name)
        plane: NDArray[np.floating] = self.pixels[:, :, self.spec.channels.index(name)]
        return plane


def pixel_bytes(pixels: Pixels) -> memoryview:
    """The blob that names and carries these pixels: C order, little-endian. A view where that is possible."""
    little = pixels.dtype.newbyteorder("<")
    return np.ascontiguousarray(pixels, dtype=little).data.cast("B")


def digest_of(blob: bytes | memoryview) -> str:
    """BLAKE3 of a blob, 64 hexadecimal digits."""
    return blake3(blob).hexdigest()
