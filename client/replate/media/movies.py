"""Movies as plates, by FFmpeg (PyAV): any frame by its number, exactly."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from operator import or_
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from replate.errors import BadRequest, Damaged, NotFound
from replate.frame import DATA, Box, Fingerprint, Frame, FrameSpec, MetadataValue, PixelType
from replate.media.colour import DISPLAY, LINEAR, decode
from replate.media.pictures import MOST_PIXELS, fingerprint_of, frame_of
from replate.media.timecode import Timecode

SUFFIXES = frozenset({".mov", ".mp4", ".m4v", ".mkv", ".avi", ".mxf", ".webm", ".mpg", ".mpeg", ".ts", ".wmv"})

# PyAV has the flags from version 18, which Python 3.10 does not get: there colours are a code value off at times.
EXACT = reduce(
    or_,
    (
        Interpolation[flag]
        for flag in ("ACCURATE_RND", "FULL_CHR_H_INT", "FULL_CHR_H_INP")
        if flag in Interpolation.__members__
    ),
    Interpolation.BICUBIC,
)
"""How swscale goes between YCbCr and RGB: without these it rounds coarsely and repeats chroma."""

_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020"}
"""FFmpeg's AVColorSpace to swscale's names."""
_LAYOUTS = {
    (False, False): "rgb24",
    (False, True): "rgba",
    (True, False): "rgb48le",
    (True, True): "rgba64le",
}
"""Pixel formats by whether there are more than 8 bits, and alpha."""
_HDR = {16: "PQ", 18: "HLG"}
"""FFmpeg's AVColorTransferCharacteristic of curves that no still picture has."""


class Movie:
    """A movie's frames, numbered from `first` in the order in which they are shown.

    Pixels become what those of integer pictures become: linear Rec.709, half,
    sRGB taken for the curve unless `colour_space` names another. The decoder is
    kept open: reading in order costs one decode a frame. Any thread may read;
    one at a time decodes.
    """

    def __init__(
        self,
        path: Path,
        first: int = 1,
        *,
        colour_space: str | None = None,
        view: str = "",
        most_pixels: int = MOST_PIXELS,
    ) -> None:
        """Reads the movie's index, without decoding.

        Raises `NotFound`, `Damaged`, or `BadRequest` for what holds no pictures,
        is over the limit, or is HDR video without a `colour_space`.
        """
        if not path.is_file():
            raise NotFound(f"There is no file {path}: check the path.")
        self._path, self._first = path, first
        self._code_space = colour_space or DISPLAY
        self._lock = threading.Lock()
        try:
            self._container = av.open(str(path))
            self._stream = self._picture_stream()
            self._times, self._keys = self._index()
            self._spec = self._first_spec(view, most_pixels)
        except av.FFmpegError as error:
            raise self._damaged(str(error)) from None
        if colour_space is None and int(self._stream.codec_context.color_trc or 0) in _HDR:
            curve = _HDR[int(self._stream.codec_context.color_trc)]
            raise BadRequest(f"{path.name} is HDR video ({curve}): say its colour space.")
        self._frames: Iterator[Any] = iter(())
        self._at = len(self._times)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(range(self._first, self._first + len(self._times)))

    def spec(self, number: int) -> FrameSpec:
        """What `read` would give. Raises `NotFound` for a number the movie does not have."""
        at = self._place(number)
        spec = self._spec
        metadata: dict[str, MetadataValue] = dict(spec.metadata)
        rate = self._stream.average_rate
        if rate:
            metadata["framesPerSecond"] = (float(rate.numerator), float(rate.denominator))
            start = Timecode.parse(
                self._stream.metadata.get("timecode", "") or self._container.metadata.get("timecode", "")
            )
            if start:
                metadata["smpte:TimeCode"] = start.later(at, Fraction(rate)).packed()
        return FrameSpec(
            number,
            spec.data_window,
            spec.display_window,
            spec.channels,
            spec.pixel_type,
            spec.colour_space,
            spec.pixel_aspect,
            spec.view,
            MappingProxyType(metadata),
        )

    def read(self, number: int) -> Frame:
        """A frame. Raises `NotFound` for a number the movie does not have, `Damaged` where decoding fails."""
        spec = self.spec(number)
        with self._lock:
            try:
                picture = self._decode(self._place(number))
            except (av.FFmpegError, StopIteration) as error:
                self._at = len(self._times)
                raise self._damaged(f"frame {number}: {error}") from None
        return frame_of(spec, self._pixels(picture, spec))

    def fingerprint(self, number: int) -> Fingerprint | None:
        """As `Plate.fingerprint`."""
        return fingerprint_of(self._path, number, (self._first, self._code_space, self._spec.view))

    def close(self) -> None:
        with self._lock:
            self._container.close()

    def _picture_stream(self) -> Any:
        if not self._container.streams.video:
            raise BadRequest(f"{self._path.name} holds no pictures: give a movie or an image sequence.")
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        return stream

    def _index(self) -> tuple[list[int], list[int]]:
        """The times of all frames, and the places among them where decoding may start."""
        packets = [
            (packet.pts if packet.pts is not None else packet.dts, packet.is_keyframe)
            for packet in self._container.demux(self._stream)
            if packet.size and not packet.is_discard
        ]
        times = sorted({time for time, _ in packets if time is not None})
        if not times:
            raise self._damaged("it has no frames")
        starts = {time for time, key in packets if key and time is not None}
        return times, [place for place, time in enumerate(times) if time in starts] or [0]

    def _first_spec(self, view: str, most_pixels: int) -> FrameSpec:
        codec = self._stream.codec_context
        width, height = codec.width, codec.height
        if width < 1 or height < 1:
            raise self._damaged("it has no size")
        if width * height > most_pixels:
            raise BadRequest(
                f"{self._path.name} is {width} x {height}, over the limit of "
                f"{most_pixels / 1e6:g} megapixels: scale it."
            )
        self._container.seek(self._times[0], stream=self._stream, backward=True)
        self._turn = round(next(self._container.decode(self._stream)).rotation / 90) % 4
        aspect = float(self._stream.sample_aspect_ratio or 1)
        if self._turn % 2:
            width, height, aspect = height, width, 1 / aspect
        window = Box(0, 0, width, height)
        alpha = any(component.is_alpha for component in codec.format.components)
        return FrameSpec(
            self._first,
            window,
            window,
            ("R", "G", "B", "A") if alpha else ("R", "G", "B"),
            PixelType.HALF,
            DATA if self._code_space == DATA else LINEAR,
            aspect,
            view,
        )

    def _place(self, number: int) -> int:
        place = number - self._first
        if not 0 <= place < len(self._times):
            last = self._first + len(self._times) - 1
            raise NotFound(f"{self._path.name} has frames {self._first} to {last}: frame {number} is not among them.")
        return place

    def _decode(self, place: int) -> Any:
        """The picture at a place. Goes on decoding while no nearer start lies between; else seeks."""
        start = self._keys[max(0, bisect.bisect_right(self._keys, place) - 1)]
        if self._at >= place or start > self._at + 1:
            # A seek may land late where a file's index is poor: then from the start before, and so on.
            for earlier in range(self._keys.index(start), -1, -1):
                picture = self._seek(self._keys[earlier], place)
                if picture is not None:
                    self._at = place
                    return picture
            raise StopIteration("it cannot be decoded")
        picture = self._until(place)
        if picture is None:
            raise StopIteration("it cannot be decoded")
        self._at = place
        return picture

    def _seek(self, start: int, place: int) -> Any:
        self._container.seek(self._times[start], stream=self._stream, backward=True)
        self._frames = self._container.decode(self._stream)
        return self._until(place)

    def _until(self, place: int) -> Any:
        target = self._times[place]
        for picture in self._frames:
            time = picture.pts if picture.pts is not None else picture.dts
            if time is not None and time >= target:
                return picture if time == target else None
        return None

    def _pixels(self, picture: Any, spec: FrameSpec) -> NDArray[np.float32]:
        deep = any(component.bits > 8 for component in picture.format.components)
        alpha = "A" in spec.channels
        full = picture.color_range == int(ColorRange.JPEG) or picture.format.name.startswith("yuvj")
        rgb = picture.reformat(
            format=_LAYOUTS[deep, alpha],
            src_colorspace=_matrix(picture),
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG if full or picture.format.is_rgb else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=EXACT,
        )
        code = rgb.to_ndarray().astype(np.float32) / (65535 if deep else 255)
        code = np.rot90(code, self._turn)
        if self._code_space != DATA:
            light = decode(np.ascontiguousarray(code[:, :, :3]), self._code_space)
            code = np.concatenate([light * code[:, :, 3:], code[:, :, 3:]], axis=2) if alpha else light
        return np.asarray(code, dtype=np.float32)

    def _damaged(self, reason: str) -> Damaged:
        return Damaged(
            f"{self._path.name} cannot be read, it is truncated, corrupt or no movie: "
            f"render or copy it again ({reason})."
        )


def _matrix(picture: Any) -> Colorspace:
    """The YCbCr matrix. Where the movie does not say, what players take: BT.709 for HD, BT.601 below.

    Raises `BadRequest` for one that this installation's PyAV does not know.
    """
    named = _MATRICES.get(int(picture.colorspace))
    if named and named not in Colorspace.__members__:
        raise BadRequest(f"The movie is in {named}, which needs PyAV 18: use Python 3.11 or newer, or convert it.")
    if named:
        return Colorspace[named]
    return Colorspace.ITU709 if picture.width >= 1280 or picture.height > 576 else Colorspace.ITU601
