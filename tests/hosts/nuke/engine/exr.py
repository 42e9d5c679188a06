"""EXR files, as the reader and the writer in Nuke's developer kit (exrReader.cpp, exrWriter.cpp) take them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from engine import channels
from engine.errors import Refused
from engine.image import Box, Format, Image, Plane

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "Zip (1 scanline)": OpenEXR.ZIPS_COMPRESSION,
    "Zip (16 scanlines)": OpenEXR.ZIP_COMPRESSION,
    "PIZ Wavelet (32 scanlines)": OpenEXR.PIZ_COMPRESSION,
    "RLE": OpenEXR.RLE_COMPRESSION,
    "B44": OpenEXR.B44_COMPRESSION,
    "B44A": OpenEXR.B44A_COMPRESSION,
    "DWAA": OpenEXR.DWAA_COMPRESSION,
    "DWAB": OpenEXR.DWAB_COMPRESSION,
}
METADATA = (
    "no metadata",
    "default metadata",
    "default metadata and exr/*",
    "all metadata except input/*",
    "all metadata",
)
"""Each writes what the one before it does, and more."""

_OWN_KEYS = {"timeCode": "input/timecode", "framesPerSecond": "input/frame_rate", "expTime": "input/exposure"}
_STRUCTURE = """
    channels compression dataWindow displayWindow lineOrder pixelAspectRatio screenWindowCenter screenWindowWidth
    type tiles name view version chunkCount multiView dwaCompressionLevel compressionName
"""
"""Attributes that a writer sets for itself."""


def read(path: Path, view: str, raw: bool) -> Image:
    """The picture in a file, float32. Of several views, `view`, else the first. Raises `Refused`."""
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            parts = [(dict(file.header(index)), dict(file.channels(index))) for index in range(len(file.parts))]
    except Exception as error:  # OpenEXR raises whatever its binding makes of a C++ exception.
        raise Refused(f"{path} cannot be read: {error}") from None
    header = parts[0][0]
    views = list(header.get("multiView") or [each["view"] for each, _ in parts if "view" in each])
    wanted = view if view in views else (views or [""])[0]
    display, data = _box(header["displayWindow"]), _box(header["dataWindow"])
    planes: dict[str, Plane] = {}
    for each, found in parts:
        if each.get("view", wanted) != wanted:
            continue
        if not _same(each["dataWindow"], header["dataWindow"]):
            raise Refused(f"the parts of {path} have different data windows, which the stand-in does not read")
        for name, channel in found.items():
            nuke, seen = channels.from_exr(_in_part(name, each, views), views)
            if (seen or (views or [""])[0] if "view" not in each else wanted) != wanted:
                continue
            plane = np.flipud(channel.pixels).astype(np.float32)
            # A picture of luminance alone is grey, but raw it is red: as Nuke has it.
            names = channels.RGB[: 1 if raw else 3] if nuke == "other.Y" else (nuke,)
            planes.update(dict.fromkeys(names, plane))
    box = Box(data.x - display.x, display.t - data.t, data.r - display.x, display.t - data.y)
    return Image(
        Format(display.width, display.height, float(header["pixelAspectRatio"])),
        box,
        planes,
        _metadata(header, path),
        # Nuke adds a black edge to a data window that is not the format.
        edge_repeats=data == display,
    )


def write(path: Path, image: Image, *, half: bool, compression: str, metadata: str, noprefix: bool) -> None:
    """Writes a picture's planes, and the file appears under its name once it is whole. Raises `Refused`."""
    if image.box.empty:
        image = image.over(Box(0, 0, 1, 1))
    box, height = image.box, image.format.height
    header = {
        **_attributes(image.metadata, METADATA.index(metadata), noprefix),
        "type": OpenEXR.scanlineimage,
        "compression": COMPRESSIONS[compression],
        "displayWindow": _window(Box(0, 0, image.format.width, height)),
        "dataWindow": _window(Box(box.x, height - box.t, box.r, height - box.y)),
        "pixelAspectRatio": float(image.format.pixel_aspect),
    }
    kind = np.float16 if half else np.float32
    with np.errstate(over="ignore"):
        pixels = {
            channels.to_exr(name): np.ascontiguousarray(np.flipud(plane).astype(kind))
            for name, plane in image.planes.items()
        }
    temporary = path.with_name(f"{secrets.token_hex(8)}.tmp")
    try:
        OpenEXR.File(header, pixels).write(str(temporary))
        temporary.replace(path)
    except Exception as error:  # As above.
        raise Refused(f"{path} cannot be written: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _metadata(header: Mapping[str, Any], path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in header.items():
        if name == "timeCode":
            value = f"{value.hours:02d}:{value.minutes:02d}:{value.seconds:02d}:{value.frame:02d}"
        elif name == "framesPerSecond":
            value = float(value)
        if name not in _STRUCTURE.split():
            found[_OWN_KEYS.get(name, name if name.startswith("nuke/") else f"exr/{name}")] = value
    state = path.stat()
    return found | {
        "input/filename": path.as_posix(),
        "input/filereader": "exr",
        "input/filesize": state.st_size,
        "input/width": int(np.ptp(header["displayWindow"], axis=0)[0]) + 1,
        "input/height": int(np.ptp(header["displayWindow"], axis=0)[1]) + 1,
    }


def _attributes(metadata: Mapping[str, Any], mode: int, noprefix: bool) -> dict[str, Any]:
    """The header's attributes, as `metadataToExrHeader` makes them."""
    found: dict[str, Any] = {}
    if mode >= METADATA.index("default metadata"):
        if code := metadata.get("input/timecode"):
            found["timeCode"] = _time_code(str(code))
        if rate := metadata.get("input/frame_rate"):
            found["framesPerSecond"] = Fraction(rate).limit_denominator(1001)
        if exposure := metadata.get("input/exposure"):
            found["expTime"] = float(exposure)
        if "exr/chromaticities" in metadata:
            found["chromaticities"] = metadata["exr/chromaticities"]
        found["nuke/version"] = "Replate's stand-in"
    for key, value in metadata.items():
        home, _, rest = key.partition("/")
        least = {"exr": "default metadata and exr/*", "input": "all metadata"}.get(home, "all metadata except input/*")
        if mode >= METADATA.index(least):
            found.setdefault(rest if home == "exr" else key if noprefix or home == "nuke" else f"nuke/{key}", value)
    return found


def _time_code(text: str) -> OpenEXR.TimeCode:
    found = OpenEXR.TimeCode()
    found.hours, found.minutes, found.seconds, found.frame = map(int, text.split(":"))
    return found


def _in_part(name: str, header: Mapping[str, Any], views: Sequence[str]) -> str:
    """Nuke's own multi-part files have a layer's name in the part's alone."""
    layer = ".".join(part for part in str(header.get("name", "")).split(".") if part and part not in views)
    if "." in name or not layer or layer == "rgba" or "view" not in header:
        return name
    return f"{layer}.{name}"


def _box(window: Any) -> Box:
    """An EXR's window, whose last pixel is in it, y down."""
    (x, y), (r, t) = np.asarray(window).tolist()
    return Box(x, y, r + 1, t + 1)


def _window(box: Box) -> tuple[Any, Any]:
    return np.array([box.x, box.y], np.int32), np.array([box.r - 1, box.t - 1], np.int32)


def _same(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))
