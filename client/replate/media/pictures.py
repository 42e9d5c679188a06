"""One picture file as a frame, by OpenImageIO.

EXR and other float pictures: pixels as they are, in the colour space the file
names. Integer pictures (PNG, JPEG, TIFF, DPX ...): decoded to linear Rec.709,
premultiplied, as half; as 32-bit float from 16 bits up.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from replate.errors import BadRequest, Damaged, NotFound
from replate.frame import DATA, Box, Fingerprint, Frame, FrameSpec, PixelType
from replate.media.colour import LINEAR, UNKNOWN, decode, space_of_display, space_of_linear
from replate.media.depth_header import depth_of
from replate.media.figures_header import figures_of
from replate.media.layers import Choice, Part, choose, plain_name
from replate.media.metadata import attributes_of, metadata_of
from replate.media.passes import BLENDER, Pass, known_pass

MOST_PIXELS = 100_000_000
"""A picture with more pixels in its data or display window is refused before anything is allocated for it."""

READER = 3
"""Changes whenever the same file would give other pixels."""
_SETTLED = 2.0
"""Seconds after which a change to a file is sure to change its time stamp, on the coarsest of file systems (FAT)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a picture."""

    colour_space: str | None = None
    """The space its pixels are in; None to ask the file. `DATA`: no colour, code values as they are."""
    view: str = ""
    layer: str = ""
    channels: tuple[str, ...] | None = None
    """By name; None for the default of `layers.choose`."""
    most_pixels: int = MOST_PIXELS
    unknown: str = UNKNOWN
    """The space of float pictures that do not say theirs."""


@dataclass(frozen=True, slots=True)
class _Header:
    spec: FrameSpec
    choice: Choice
    known: Pass | None
    """The renderer's pass that it is, if it is one."""
    code_space: str
    """The space that code values are decoded from; empty where pixels stay as they are."""
    orientation: int


def read_spec(path: Path, number: int, wish: Wish = Wish()) -> FrameSpec:
    """What `read_frame` would give, from the header alone. Raises the same errors."""
    with _opened(path) as file:
        return _header(file, path, number, wish).spec


def read_frame(path: Path, number: int, wish: Wish = Wish()) -> Frame:
    """A picture file as a frame of the given number.

    Raises `NotFound` where there is no file, `Damaged` for one that is truncated
    or corrupt, `BadRequest` for one that is too large, deep, or lacks what is wished for.
    """
    with _opened(path) as file:
        header = _header(file, path, number, wish)
        if header.code_space:
            pixels = _decoded(file, path, header)
        else:
            pixels = _samples(file, path, header, header.spec.pixel_type)
            if header.known is not None:
                pixels = header.known.of(pixels)
    return frame_of(header.spec, pixels)


def frame_of(spec: FrameSpec, pixels: NDArray[Any]) -> Frame:
    """A frame of pixels in C order and the spec's type, copied only where they are neither."""
    samples: Any = np.ascontiguousarray(pixels, dtype=spec.pixel_type.dtype)
    return Frame(spec, samples)


def fingerprint_of(path: Path, number: int, wish: object) -> Fingerprint | None:
    """Names a file, its state and how it is read; None where the file is missing."""
    try:
        state = path.stat()
        text = f"{READER} {path.resolve()} {state.st_size} {state.st_mtime_ns} {state.st_ino} {number} {wish}"
    except OSError:
        return None
    return Fingerprint(text, abs(time.time() - state.st_mtime) >= _SETTLED)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    _limit_threads()
    if not path.is_file():
        raise NotFound(f"There is no file {path}: check the path.")
    hints = oiio.ImageSpec()
    # Alpha is multiplied in after decoding, where light adds up, and not by the reader.
    hints["oiio:UnassociatedAlpha"] = 1
    file = oiio.ImageInput.open(str(path), hints)
    if file is None:
        raise _damaged(path, oiio.geterror())
    try:
        yield file
    finally:
        file.close()


def _header(file: Any, path: Path, number: int, wish: Wish) -> _Header:
    headers: list[Any] = []
    while file.seek_subimage(len(headers), 0):
        headers.append(file.spec())
        if file.format_name() != "openexr":
            break
    file.geterror()
    try:
        choice = choose(
            [_part(index, header) for index, header in enumerate(headers)],
            view=wish.view,
            layer=wish.layer,
            channels=wish.channels,
        )
    except BadRequest as error:
        raise BadRequest(f"{path.name}: {error}") from None
    chosen = headers[choice.part]
    if chosen.deep:
        raise BadRequest(f"{path.name} is a deep picture: flatten it (DeepToImage in Nuke) and give that.")
    data, display = _windows(chosen, path, wish.most_pixels)
    attributes = attributes_of(chosen)
    whole = np.issubdtype(_dtype(chosen.format), np.integer) and file.format_name() != "openexr"
    orientation = int(attributes.get("Orientation", 1)) if whole else 1
    if orientation > 4:
        data, display = (Box(box.y, box.x, box.height, box.width) for box in (data, display))
    known = known_pass(choice, wish.layer, any(header.getattribute(BLENDER) for header in headers))
    choice = known.choice if known else choice
    space = DATA if known else _space(choice.names, attributes, wish, whole)
    grey = whole and space != DATA and choice.names[0] == "Y"
    spec = FrameSpec(
        number=number,
        data_window=data,
        display_window=display,
        channels=("R", "G", "B", *choice.names[1:]) if grey else choice.names,
        pixel_type=_pixel_type(chosen, choice, whole),
        colour_space=space,
        pixel_aspect=float(attributes.get("PixelAspectRatio", 1.0)) or 1.0,
        view=choice.view or wish.view,
        depth=known.depth if known else depth_of(attributes) if space == DATA else None,
        metadata=metadata_of(chosen),
        figures=figures_of(attributes),
    )
    code_space = ""
    if whole:
        code_space = DATA if space == DATA else wish.colour_space or space_of_display(attributes)
    return _Header(spec, choice, known, code_space, orientation)


def _part(index: int, header: Any) -> Part:
    views = header.getattribute("multiView")
    return Part(
        index,
        name=str(header.getattribute("oiio:subimagename") or header.getattribute("name") or ""),
        view=str(header.getattribute("view") or ""),
        views=(views,) if isinstance(views, str) else tuple(views or ()),
        channels=tuple(map(plain_name, header.channelnames)),
    )


def _windows(header: Any, path: Path, most_pixels: int) -> tuple[Box, Box]:
    data = Box(header.x, header.y, header.width, header.height)
    display = Box(header.full_x, header.full_y, header.full_width, header.full_height)
    for name, box in (("data", data), ("display", display)):
        if box.empty:
            raise BadRequest(f"{path.name} has an empty {name} window: render it again.")
        if box.width * box.height > most_pixels:
            raise BadRequest(
                f"{path.name} has a {name} window of {box.width} x {box.height}, over the limit of "
                f"{most_pixels / 1e6:g} megapixels: scale or crop it."
            )
    return data, display


def _pixel_type(header: Any, choice: Choice, whole: bool) -> PixelType:
    if whole:
        bits = header.get_int_attribute("oiio:BitsPerSample", 8 * _dtype(header.format).itemsize)
        return PixelType.HALF if bits < 16 else PixelType.FLOAT
    formats = header.channelformats or (header.format,) * header.nchannels
    halves = all(_dtype(formats[place]) == np.float16 for place in choice.places)
    return PixelType.HALF if halves else PixelType.FLOAT


def _space(names: Sequence[str], attributes: dict[str, Any], wish: Wish, whole: bool) -> str:
    """A plate without colour channels is data, unless somebody says otherwise."""
    if whole:
        colour = {"R", "G", "B"} <= set(names) or names[0] == "Y"
        return LINEAR if colour and wish.colour_space != DATA else DATA
    if wish.colour_space:
        return wish.colour_space
    colour = any(name.rpartition(".")[2] in ("R", "G", "B", "Y") for name in names)
    stated = space_of_linear(attributes) if colour else DATA
    return wish.unknown if stated == UNKNOWN else stated


def _decoded(file: Any, path: Path, header: _Header) -> NDArray[Any]:
    """Code values to what the spec says: linear and premultiplied, or as they are where they are data."""
    code = _samples(file, path, header, PixelType.FLOAT)
    if header.code_space != DATA:
        if header.choice.names[0] == "Y":
            code = np.concatenate([code[:, :, :1].repeat(3, axis=2), code[:, :, 1:]], axis=2)
        names = header.spec.channels
        colour = [names.index(name) for name in "RGB"]
        code[:, :, colour] = decode(code[:, :, colour], header.code_space)
        if "A" in names:
            code[:, :, colour] *= code[:, :, names.index("A"), np.newaxis]
    upright = _upright(code, header.orientation)
    return upright


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turns pixels the way the Exif orientation, 1 to 8, says they are to be looked at."""
    if orientation > 4:
        pixels = pixels.transpose(1, 0, 2)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::rows, ::columns]


def _samples(file: Any, path: Path, header: _Header, kind: PixelType) -> NDArray[Any]:
    """The chosen channels in their order, read without a copy where they lie side by side in the file."""
    places = header.choice.places
    first, last = min(places), max(places) + 1
    format_ = oiio.HALF if kind is PixelType.HALF else oiio.FLOAT
    if last - first <= 2 * len(places):
        block = _read(file, path, header.choice.part, first, last, format_)
        if places == tuple(range(first, last)):
            return block
        return block[:, :, [place - first for place in places]]
    planes = [_read(file, path, header.choice.part, place, place + 1, format_) for place in places]
    return np.concatenate(planes, axis=2)


def _read(file: Any, path: Path, part: int, first: int, last: int, format_: Any) -> NDArray[Any]:
    pixels = file.read_image(part, 0, first, last, format_)
    if pixels is None:
        raise _damaged(path, file.geterror())
    return np.asarray(pixels)


def _damaged(path: Path, reason: str) -> Damaged:
    detail = reason.strip().split("\n")[0].replace(str(path), path.name)[:200].rstrip(". ")
    return Damaged(
        f"{path.name} cannot be read, it is truncated, corrupt or no picture: render or copy it again"
        + (f" ({detail})." if detail else ".")
    )


def _dtype(format_: Any) -> np.dtype[Any]:
    # "uint8", "half", "float": numpy knows them all but one.
    name = str(format_)
    return np.dtype({"half": "float16", "float": "float32", "double": "float64"}.get(name, name))


@functools.cache
def _limit_threads() -> None:
    """Frames are read at once by threads of their own: the library's pool need not be large besides."""
    oiio.attribute("threads", min(4, os.cpu_count() or 1))
    oiio.attribute("exr_threads", min(4, os.cpu_count() or 1))
