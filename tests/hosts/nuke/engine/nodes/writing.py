"""Write: the file of a frame, and what of the picture goes into it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine import channels, colour, exr
from engine.graph import Call, evaluates
from engine.image import Box, Image

_PASSIVE = """file file_type first last use_limit render_order beforeRender beforeFrameRender afterFrameRender
    afterRender renderProgress views channels raw colorspace create_directories datatype compression metadata noprefix
    autocrop on_error checkHashOnRead version transformType premultiplied dw_compression_level heroview write_hash
    frame_mode frame in_colorspace out_colorspace proxy"""


@evaluates("Write", knows=_PASSIVE)
def passed(call: Call) -> Image:
    """In the graph a Write hands its input on."""
    return call.image(0)


def write(call: Call) -> None:
    """Renders the frame. Raises `Refused`."""
    knobs = call.knobs
    if call.node.kind != "Write":
        raise call.refused("only a Write can be rendered")
    knobs.known(_PASSIVE.split())
    path = _path(call)
    image = call.image(0)
    names = [
        name
        for name in channels.chosen(knobs.text("channels"), image.planes, call.graph.script.layers)
        if name in image.planes
    ]
    if not names:
        raise call.refused("there are no channels to write: its input has none of those that it names")
    image = image.only(names)
    if not knobs.flag("raw"):
        if knobs.flag("premultiplied"):
            raise call.refused("the stand-in does not convert colours under the alpha")
        image = colour.from_working(image, knobs.text("colorspace"), "exr", call.graph.script)
    if knobs.flag("autocrop"):
        image = _cropped(image)
    exr.write(
        path,
        replace(image, planes={name: image.planes[name] for name in sorted(image.planes, key=channels.in_order)}),
        half=knobs.text("datatype") == "16 bit half",
        compression=knobs.text("compression"),
        metadata=knobs.text("metadata"),
        noprefix=knobs.flag("noprefix"),
    )


def _path(call: Call) -> Path:
    knobs = call.knobs
    if not knobs.text("file"):
        raise call.refused("it names no file")
    if knobs.text("frame"):
        raise call.refused("the stand-in does not shift a Write's frames")
    path = Path(knobs.path("file", call.view, call.frame))
    if knobs.text("file_type") not in ("exr", " ", "") or path.suffix.lower() != ".exr":
        raise call.refused(f"the stand-in writes EXR files, and not {path.name}")
    if len(knobs.text("views").split()) > 1 and not re.search("%[Vv]", knobs.text("file")):
        raise call.refused("the stand-in writes a file for each view: put %V into its name")
    if not path.parent.is_dir():
        if not knobs.flag("create_directories"):
            raise call.refused(f"the folder {path.parent} is not there, and create_directories is off")
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _cropped(image: Image) -> Image:
    """To the pixels that are not black in every channel; one pixel when all are."""
    lit = np.zeros((image.box.height, image.box.width), bool)
    for plane in image.planes.values():
        lit |= plane != 0
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    if not len(rows):
        return image.over(Box(0, 0, 1, 1))
    x, y = image.box.x, image.box.y
    return image.over(Box(x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1))
