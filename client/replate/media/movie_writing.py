"""A plate as a movie to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from replate.errors import BadRequest
from replate.frame import Frame
from replate.media.movies import EXACT
from replate.media.viewing import Picture, picture_of
from replate.media.writing import unwritten, written_beside

_BT709 = 1
"""Primaries, transfer and matrix of ITU-R BT.709 in FFmpeg's enumerations (ITU-T H.273)."""


def write_movie(path: str | Path, frames: Iterable[Frame], fps: float | Fraction = 24, *, crf: int = 16) -> None:
    """Frames, in the order given, as a movie of the display window, shown as `picture_of` shows them.

    Raises `BadRequest` for no frames, or frames of different formats, and is otherwise as `write_pictures`.
    """
    path = Path(path)
    row = iter(frames)
    first = next(row, None)
    if first is None:
        raise _nothing(path)
    window = first.spec.display_window

    def pictures() -> Iterator[Picture]:
        for frame in chain((first,), row):
            if frame.spec.display_window != window:
                raise BadRequest(
                    f"Frame {frame.spec.number} has another format than frame {first.spec.number}: "
                    "a movie has one for all."
                )
            yield picture_of(frame)

    write_pictures(path, pictures(), fps, crf=crf, pixel_aspect=first.spec.pixel_aspect)


def write_pictures(
    path: str | Path,
    pictures: Iterable[Picture],
    fps: float | Fraction = 24,
    *,
    crf: int = 16,
    pixel_aspect: float = 1.0,
) -> None:
    """Pictures of one size, in the order given, as an H.264 movie (4:2:0, limited range, BT.709).

    Odd sides get one more row or column, a repetition of the last. `crf`: x264's
    quality, less is better and larger.

    Raises `BadRequest` for no pictures; `Exhausted` where the disk is full.
    """
    path = Path(path)
    row = iter(pictures)
    first = next(row, None)
    if first is None:
        raise _nothing(path)
    height, width, _ = first.shape
    with written_beside(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as container:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                stream.width, stream.height = width + width % 2, height + height % 2
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": str(crf), "preset": "medium"}
                codec = stream.codec_context
                codec.color_range = int(ColorRange.MPEG)
                codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
                if pixel_aspect != 1:
                    codec.sample_aspect_ratio = Fraction(pixel_aspect).limit_denominator(1000)
                for picture in chain((first,), row):
                    container.mux(stream.encode(_encodable(picture)))
                container.mux(stream.encode(None))
        except av.FFmpegError as error:
            raise unwritten(path, str(error), 0) from None


def _nothing(path: Path) -> BadRequest:
    return BadRequest(f"There are no frames to write to {path.name}: check the frame range.")


def _encodable(picture: Picture) -> av.VideoFrame:
    height, width, _ = picture.shape
    padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(padded), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=EXACT,
    )
