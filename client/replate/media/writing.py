"""Frames to picture files: EXR as they are, PNG, JPEG and TIFF to be looked at."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from replate.errors import BadRequest, Exhausted
from replate.frame import DATA, Frame, FrameSpec, Pixels, PixelType
from replate.media.colour import DISPLAY, UNKNOWN, convert, interop_name
from replate.media.depth_header import put_depth
from replate.media.figures_header import put_figures
from replate.media.forms import Form, whole
from replate.media.metadata import RECIPE, put_metadata
from replate.media.sequences import Pattern
from replate.media.viewing import planes_in_format

_FORMATS = {
    ".exr": "openexr", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".tif": "tiff", ".tiff": "tiff"
}  # fmt: skip
COMPRESSIONS = ("zip", "zips", "piz", "dwaa", "dwab", "none")
"""Of EXR. Those that begin with dwa lose a little."""


def write_frame(path: str | Path, frame: Frame, *, recipe: str | None = None, compression: str = "zip") -> None:
    """A frame as a file, whole or not at all: written beside its place, then moved there.

    EXR: half or float as the frame is, its windows, pixel aspect, channels,
    view, colour space, metadata and figures; the recipe under "replate:recipe".
    PNG, JPEG and TIFF: a preview of the display window in sRGB, 8 bits (TIFF 16),
    data as it is; alpha is kept where the format can, unassociated.

    Raises `BadRequest` for a format it does not write, or channels a preview
    cannot show; `Exhausted` where the disk is full.
    """
    path = Path(path)
    kind = _kind(path, compression)
    header, pixels = _exr(frame, recipe, compression) if kind == "openexr" else _preview(frame, kind, path)
    with written_beside(path) as temporary:
        file = oiio.ImageOutput.create(kind)
        if file is None or not file.open(str(temporary), header):
            raise unwritten(path, file.geterror() if file else oiio.geterror(), frame.spec.size)
        done = file.write_image(np.ascontiguousarray(pixels))
        error = file.geterror()
        if not file.close() or not done:
            raise unwritten(path, error or file.geterror(), frame.spec.size)


@dataclass(frozen=True, slots=True)
class PlateWriter:
    """Writes the frames of a plate to the files of a pattern: "out/shot.####.exr", "out/%V/shot.%04d.exr".

    Made with `BadRequest` for a format or a compression that there is none of.
    """

    pattern: str | Path
    recipe: str | None = None
    compression: str = "zip"
    form: Form = whole
    """What is written of a frame."""
    _pattern: Pattern = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _kind(Path(self.pattern), self.compression)
        object.__setattr__(self, "_pattern", Pattern(Path(self.pattern)))

    def signed(self, recipe: str | None) -> PlateWriter:
        """One that writes a recipe with the frames."""
        return replace(self, recipe=recipe)

    def path(self, number: int, view: str = "") -> Path:
        """The file that a frame goes to."""
        return self._pattern.file(number, view)

    def write(self, frame: Frame) -> Path:
        """Writes a frame in its form, making its folder if need be. Gives its file; raises as `write_frame` does."""
        path = self.path(frame.spec.number, frame.spec.view)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_frame(path, self.form(frame), recipe=self.recipe, compression=self.compression)
        return path

    def finished(self, files: Sequence[Path]) -> list[Path]:
        """The files there are when all frames are written, in their order."""
        return sorted(files)


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A temporary file in the same folder that takes the path's place when all went well, and goes if not."""
    # Its ending is none of a picture's, so that no pattern finds it.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        raise unwritten(path, error.strerror or str(error), 0) from error
    finally:
        temporary.unlink(missing_ok=True)


def unwritten(path: Path, reason: str, size: int) -> Exhausted | BadRequest:
    """The error for a file that could not be written."""
    folder = path.parent
    if folder.is_dir() and shutil.disk_usage(folder).free < max(size, 1 << 20):
        return Exhausted(f"The disk is full: make room in {folder} for {path.name}, then ask again.")
    detail = reason.strip().split("\n")[0].rstrip(". ")
    return BadRequest(f"{path} cannot be written: check that the folder is there and may be written to ({detail}).")


def _kind(path: Path, compression: str) -> str:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise BadRequest(f'{path.name} ends in "{path.suffix}": write {", ".join(sorted(_FORMATS))}.')
    if compression not in COMPRESSIONS:
        raise BadRequest(f'There is no compression "{compression}": choose {", ".join(COMPRESSIONS)}.')
    return kind


def _exr(frame: Frame, recipe: str | None, compression: str) -> tuple[oiio.ImageSpec, Pixels]:
    spec = frame.spec
    height, width, channels = spec.shape
    header = oiio.ImageSpec(width, height, channels, _type(spec))
    header.channelnames = spec.channels
    header.x, header.y = spec.data_window.x, spec.data_window.y
    display = spec.display_window
    header.full_x, header.full_y = display.x, display.y
    header.full_width, header.full_height = display.width, display.height
    put_metadata(header, spec.metadata)
    if spec.depth is not None:
        put_depth(header, spec.depth)
    put_figures(header, spec.figures)
    header["PixelAspectRatio"] = float(spec.pixel_aspect)
    header["compression"] = compression
    if spec.view:
        header["view"] = spec.view
    if interop_name(spec.colour_space):
        header["oiio:ColorSpace"] = spec.colour_space
    elif spec.colour_space != UNKNOWN:
        header["replate:colour_space"] = spec.colour_space
    if recipe is not None:
        header[RECIPE] = recipe
    return header, frame.pixels


def _type(spec: FrameSpec) -> str:
    return "half" if spec.pixel_type is PixelType.HALF else "float"


def _preview(frame: Frame, kind: str, path: Path) -> tuple[oiio.ImageSpec, NDArray[np.float32]]:
    spec = frame.spec
    names = spec.channels
    colour = [names.index(name) for name in "RGB"] if {"R", "G", "B"} <= set(names) else []
    if not colour and len(names) > 1:
        raise BadRequest(f"{path.name} cannot show the channels {', '.join(names)}: write EXR.")
    code: NDArray[np.float32] = planes_in_format(frame, colour or [0])
    alpha = colour and "A" in names and kind != "jpeg"
    if alpha:
        cover = planes_in_format(frame, [names.index("A")])
        code = np.where(cover > 0, code / np.where(cover > 0, cover, 1), code)
    if colour and spec.colour_space != DATA:
        code = convert(code, spec.colour_space, DISPLAY)
    if alpha:
        code = np.asarray(np.concatenate([code, cover], axis=2), np.float32)
    height, width, channels = code.shape
    header = oiio.ImageSpec(width, height, channels, "uint16" if kind == "tiff" else "uint8")
    header.channelnames = ("R", "G", "B", "A")[:channels] if colour else ("Y",)
    header["oiio:UnassociatedAlpha"] = 1
    header["PixelAspectRatio"] = float(spec.pixel_aspect)
    header["oiio:ColorSpace"] = "srgb_rec709_scene"
    header["CompressionQuality"] = 95
    return header, np.asarray(np.nan_to_num(np.clip(code, 0, 1), nan=0), dtype=np.float32)
