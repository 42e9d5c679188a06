"""What a picture's header says beside the pixels, as `FrameSpec.metadata`, and back into a header.

Names are OpenImageIO's ("smpte:TimeCode", "Copyright", "replate:recipe"). What
only describes the file (compression, tiles, thumbnails) or what decoding made
untrue (colour profiles, orientation) stays behind on purpose. What cannot be
carried is listed under `UNKEPT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from replate.frame import MetadataValue
from replate.media.depth_header import PREFIX as DEPTH
from replate.media.figures_header import PREFIX as FIGURES

UNKEPT = "replate:unkept"
"""Names of attributes that were in the file and could not be carried along, with their types."""
RECIPE = "replate:recipe"
MOST_BYTES = 60 << 10
"""A frame's metadata may take 64 KiB on the wire; names of what does not fit need some of it."""

_OF_THE_FILE = frozenset(
    {
        "compression", "name", "version", "type", "chunkCount", "tiles", "multiView", "view", "textureformat",
        "PixelAspectRatio", "Orientation", "Exif:ColorSpace", "colorInteropID", "acesImageContainerFlag",
        "replate:colour_space", "XResolution", "YResolution", "ResolutionUnit",
    }
)  # fmt: skip
_OF_THE_FILE_PREFIXES = (
    "oiio:",
    "openexr:",
    "ICCProfile",
    "thumbnail_",
    "jpeg:",
    "png:",
    "tiff:",
    "Exif:Thumbnail",
    DEPTH,
    FIGURES,
)
_MATRICES = {9: "matrix33", 16: "matrix44"}


def attributes_of(header: oiio.ImageSpec) -> dict[str, Any]:
    """Every attribute of a header by name, vectors as tuples."""
    return {attribute.name: _plain(attribute.value) for attribute in header.extra_attribs}


def metadata_of(header: oiio.ImageSpec) -> Mapping[str, MetadataValue]:
    """The attributes that travel with a frame."""
    kept: dict[str, MetadataValue] = {}
    unkept: list[str] = []
    room = MOST_BYTES
    for attribute in header.extra_attribs:
        name = "framesPerSecond" if attribute.name == "FramesPerSecond" else attribute.name
        if name in _OF_THE_FILE or name.startswith(_OF_THE_FILE_PREFIXES):
            continue
        value = _carried(_plain(attribute.value))
        size = len(name.encode()) + _size(value) + 16
        if value is None or size > room:
            unkept.append(f"{name} ({attribute.type})")
            continue
        room -= size
        kept[name] = value
    if unkept:
        kept[UNKEPT] = ", ".join(unkept)[:3000]
    return MappingProxyType(kept)


def put_metadata(header: oiio.ImageSpec, metadata: Mapping[str, MetadataValue]) -> None:
    """Writes a frame's metadata into a header, each value with the type that files expect it to have."""
    for name, value in metadata.items():
        if name in _OF_THE_FILE or name.startswith((DEPTH, FIGURES)):
            continue
        if name == "framesPerSecond":
            rate = rate_of(metadata)
            if rate is not None:
                header.attribute(name, oiio.TypeDesc("rational2i"), (rate.numerator, rate.denominator))
        elif isinstance(value, str):
            header.attribute(name, value)
        elif isinstance(value, bool | int):
            _put_whole(header, name, int(value))
        elif isinstance(value, float):
            header.attribute(name, value)
        elif name == "smpte:TimeCode" and len(value) == 2:
            header.attribute(name, oiio.TypeTimeCode, tuple(int(word) for word in value))
        elif value:
            kind = _MATRICES.get(len(value), f"float[{len(value)}]")
            header.attribute(name, oiio.TypeDesc(kind), tuple(value))


def rate_of(metadata: Mapping[str, MetadataValue]) -> Fraction | None:
    """Frames a second, from a number or from numerator and denominator; None where it is not said."""
    value = metadata.get("framesPerSecond")
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return Fraction(round(value[0]), round(value[1]))
    if isinstance(value, int | float) and value > 0:
        return Fraction(value).limit_denominator(1001)
    return None


def _put_whole(header: oiio.ImageSpec, name: str, value: int) -> None:
    if -(1 << 31) <= value < 1 << 31:
        header.attribute(name, value)
    else:
        header.attribute(name, str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(value.ravel().tolist())
    return tuple(value) if isinstance(value, list | tuple) else value


def _carried(value: Any) -> MetadataValue | None:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and value and _all_numbers(value):
        return tuple(float(item) for item in value)
    return None


def _all_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(item, int | float) for item in values)


def _size(value: MetadataValue | None) -> int:
    if isinstance(value, str):
        return len(value.encode())
    return 9 * len(value) if isinstance(value, tuple) else 9
