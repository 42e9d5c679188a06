"""Read: which file it is, on a frame and a view, and what is in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from engine import channels, colour, exr
from engine.errors import Refused
from engine.graph import Call, evaluates
from engine.image import Box, Format, Image
from engine.nodes.sources import checkered

_ROOM = 512 * 1024 * 1024
"""Bytes of pictures that are kept, of those last read."""
_kept: OrderedDict[tuple[str, str, bool], tuple[tuple[int, int], Image]] = OrderedDict()


@evaluates(
    "Read",
    knows="""file file_type format first last origfirst origlast origset before after frame_mode frame on_error raw
    colorspace auto_alpha edge_pixels offset_negative_display_window localizationPolicy version proxy proxy_format
    sequence in_colorspace out_colorspace""",
    through=False,
)
def read(call: Call) -> Image:
    knobs = call.knobs
    number = _number(call)
    if number is None:
        return _blank(call)
    path = Path(knobs.path("file", call.view, number))
    if not knobs.text("file"):
        raise call.refused("it names no file")
    if not path.is_file():
        return _missing(call, path, number)
    return _of_file(call, path)


def _number(call: Call) -> int | None:
    """The file's number: the frame, as the Read shifts it and holds it in its range. None is black."""
    knobs = call.knobs
    first, last = knobs.integer("first"), knobs.integer("last")
    mode, told = knobs.text("frame_mode"), call.node.knobs.get("frame", "")
    number = call.frame
    if told and mode == "expression":
        number = knobs.expression(told)
    elif told and mode == "start at":
        number = call.frame - float(told) + first
    elif told:
        raise call.refused("the stand-in does not shift a Read by an offset: say it as an expression")
    whole = int(np.floor(number))
    if first <= whole <= last:
        return whole
    what = knobs.text("before" if whole < first else "after")
    span = last - first + 1
    if what == "hold":
        return min(max(whole, first), last)
    if what == "loop":
        return first + (whole - first) % span
    if what == "bounce":
        turn = (whole - first) % max(2 * span - 2, 1)
        return first + min(turn, 2 * span - 2 - turn)
    return None


def _missing(call: Call, path: Path, number: int) -> Image:
    what = call.knobs.text("on_error")
    if what == "black":
        return _blank(call)
    if what == "checkerboard":
        return checkered(call.knobs.format("format"))
    if what == "nearest frame":
        for near in _by_distance(number, call.knobs.integer("first"), call.knobs.integer("last")):
            found = Path(call.knobs.path("file", call.view, near))
            if found.is_file():
                return _of_file(call, found)
    raise call.refused(f"{path} is not there")


def _by_distance(number: int, first: int, last: int) -> Iterator[int]:
    """The frames of a range, the nearest first, and of two as near the earlier one."""
    return iter(sorted(range(first, last + 1), key=lambda frame: (abs(frame - number), frame)))


def _blank(call: Call) -> Image:
    format = call.knobs.format("format")
    plane = np.zeros((format.height, format.width), np.float32)
    return Image(format, format.box, dict.fromkeys(channels.RGBA, plane), edge_repeats=True)


def _of_file(call: Call, path: Path) -> Image:
    knobs = call.knobs
    raw = knobs.flag("raw")
    image = _known(path, call.view, raw)
    kind = path.suffix[1:].lower()
    edge = knobs.text("edge_pixels")
    if edge == "edge detect" and not image.edge_repeats:
        raise call.refused("the stand-in does not tell one edge of a data window from another")
    if edge in ("repeat", "black"):
        image = replace(image, edge_repeats=edge == "repeat")
    told = knobs.format("format") if call.node.knobs.get("format") else image.format
    if (told.width, told.height) == (image.format.width, image.format.height):
        image = replace(image, format=told)  # The artist's word on the pixels' aspect.
    if not raw:
        image = colour.to_working(image, knobs.text("colorspace"), kind, call.graph.script)
    if knobs.flag("auto_alpha") and channels.ALPHA not in image.planes:
        image = image.having({channels.ALPHA: np.ones((image.box.height, image.box.width), np.float32)})
    return replace(image, metadata={**image.metadata, "input/frame": round(call.frame)})


def _known(path: Path, view: str, raw: bool) -> Image:
    """A file's picture, read again only when the file is another."""
    state = path.stat()
    key, stamp = (str(path), view, raw), (state.st_mtime_ns, state.st_size)
    if key in _kept and _kept[key][0] == stamp:
        _kept.move_to_end(key)
        return _kept[key][1]
    image = exr.read(path, view, raw) if path.suffix.lower() == ".exr" else _by_library(path)
    _kept[key] = stamp, image
    while len(_kept) > 1 and sum(_size(each) for _, each in _kept.values()) > _ROOM:
        _kept.popitem(last=False)
    return image


def _size(image: Image) -> int:
    return sum(plane.nbytes for plane in image.planes.values())


def _by_library(path: Path) -> Image:
    """A still of another kind: 0 to 1, as it is in the file."""
    picture = oiio.ImageBuf(str(path))
    if picture.has_error or not picture.spec().nchannels:
        raise Refused(f"{path} cannot be read: {picture.geterror()}")
    spec = picture.spec()
    pixels = np.flipud(np.asarray(picture.get_pixels(oiio.FLOAT)).reshape(spec.height, spec.width, -1))
    names = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha"}
    found = {names.get(name, ""): pixels[:, :, index] for index, name in enumerate(spec.channelnames)}
    if spec.nchannels < 3:
        found.update(dict.fromkeys(channels.RGB, pixels[:, :, 0]))
    planes = {name: np.ascontiguousarray(plane, np.float32) for name, plane in found.items() if name}
    return Image(
        Format(spec.width, spec.height),
        Box(0, 0, spec.width, spec.height),
        planes,
        {"input/filename": path.as_posix(), "input/filereader": picture.file_format_name},
        edge_repeats=True,
    )
