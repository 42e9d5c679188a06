"""Plates on disk, read frame by frame when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from replate.errors import BadRequest, NotFound
from replate.frame import Fingerprint, Frame, FrameSpec
from replate.media.movies import SUFFIXES, Movie
from replate.media.pictures import MOST_PIXELS, Wish, fingerprint_of, frame_of, read_frame, read_spec
from replate.media.sequences import Pattern, find_files, parse_frames, still_number, with_handles


class Source(Protocol):
    """Where a plate's frames come from."""

    @property
    def numbers(self) -> tuple[int, ...]: ...

    def spec(self, number: int) -> FrameSpec: ...

    def read(self, number: int) -> Frame: ...

    def fingerprint(self, number: int) -> Fingerprint | None: ...


class Plate:
    """Frames on their original numbers, all of one format, read from disk when they are asked for.

    Any number of threads may read at once. Every frame is held against the first:
    display window, pixel aspect, channels and colour space must be the same; data
    windows, metadata and sample types may differ.
    """

    def __init__(self, path: Path, source: Source, numbers: Sequence[int] | None = None) -> None:
        self._path, self._source = path, source
        self._numbers = tuple(numbers) if numbers is not None else source.numbers
        self._among = frozenset(self._numbers)
        self._specs: dict[int, FrameSpec] = {}

    @property
    def path(self) -> Path:
        """The path it was opened with."""
        return self._path

    @property
    def numbers(self) -> tuple[int, ...]:
        """Frame numbers, rising."""
        return self._numbers

    def spec(self, number: int) -> FrameSpec:
        """All there is to say of a frame, from its header alone.

        Raises `BadRequest` where it does not fit the plate's first, and what `read` raises.
        """
        if number not in self._specs:
            if number not in self._among:
                raise NotFound(f"Frame {number} is not among those asked for of {self._path.name}.")
            self._specs[number] = self._fitting(self._source.spec(number))
        return self._specs[number]

    def of(self, numbers: Sequence[int]) -> Plate:
        """The same plate, of some of its frames alone."""
        return Plate(self._path, self._source, numbers)

    def specs(self) -> Iterator[FrameSpec]:
        """Every frame's spec, in rising order: reads all headers, and so finds any that does not fit."""
        return (self.spec(number) for number in self._numbers)

    def read(self, number: int) -> Frame:
        """A frame with its pixels.

        Raises `NotFound`, `Damaged` for a truncated or corrupt file, and
        `BadRequest` where it does not fit the plate's first.
        """
        if number not in self._among:
            raise NotFound(f"Frame {number} is not among those asked for of {self._path.name}.")
        if number not in self._specs:
            # One opening of the file serves both.
            frame = self._source.read(number)
            self._specs[number] = self._fitting(frame.spec)
            return frame
        return self._source.read(number)

    def fingerprint(self, number: int) -> Fingerprint | None:
        """Names a frame's file, its state and how it is read; None where the file is missing."""
        return self._source.fingerprint(number)

    def __iter__(self) -> Iterator[Frame]:
        return (self.read(number) for number in self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def _fitting(self, spec: FrameSpec) -> FrameSpec:
        first = self._numbers[0]
        if spec.number == first:
            return spec
        reference = self.spec(first)
        for label, of in _AGREED.items():
            if getattr(spec, of) != getattr(reference, of):
                this, other = _said(getattr(spec, of)), _said(getattr(reference, of))
                raise BadRequest(
                    f"Frame {spec.number} of {self._path.name} has {label} {this} where frame {first} has "
                    f"{other}: a plate has one for all, render them alike."
                )
        return spec


def open_plate(
    path: str | Path,
    frames: str | None = None,
    *,
    colour_space: str | None = None,
    view: str = "",
    layer: str = "",
    channels: Sequence[str] | None = None,
    start: int = 1,
    handles: int = 0,
    most_pixels: int = MOST_PIXELS,
) -> Plate:
    """A plate: an image sequence, a single picture, or a movie.

    path: "shot.####.exr", "shot.%04d.exr", "shot.exr", "shot.mov"; "%V" stands for the view.
    frames: "1001-1024", "1-10x2,20"; None for all there are. Of a single picture: the number it gets.
    colour_space: what the pixels are in, by its OpenColorIO name. EXR and other float pictures
      stay as they are and carry that name; None asks the file, and "scene_linear" stands in where it does
      not say. Integer pictures and movies are decoded from it (None: sRGB, or what the file says) to
      linear Rec.709; "data" keeps code values in [0,1] as they are, for mattes.
    view: a stereo plate's view; empty for the first.
    layer: a part of the file, or a prefix of channel names, taken without the prefix.
    channels: by name, or by layer ("depth"); None for R, G, B and A where there are, or Y and A, or else all.
    start: the number of a movie's first frame.
    handles: that many frames before and after `frames` come along where they are there.
    most_pixels: pictures with more pixels are refused.

    Raises `NotFound` (naming the missing frames), `BadRequest`, `Damaged`.
    """
    path = Path(path)
    wish = Wish(colour_space, view, layer, tuple(channels) if channels is not None else None, most_pixels)
    numbers = parse_frames(frames) if frames is not None else None
    if path.suffix.lower() in SUFFIXES:
        return _movie(path, numbers, wish, start, handles)
    pattern = Pattern(path)
    if pattern.numbered:
        return Plate(path, Files(find_files(pattern, numbers, view, handles), wish))
    if path.is_dir():
        raise BadRequest(f"{path} is a folder: name the frames in it, such as {path.name}/shot.####.exr.")
    if numbers is not None and len(numbers) > 1:
        raise BadRequest(f"{path.name} is a single picture: write #### for its number to open the whole plate.")
    file = pattern.file(0, view)
    number = numbers[0] if numbers else still_number(file)
    plate = Plate(path, Files({number: file}, wish))
    plate.spec(number)
    return plate


def open_matte(path: str | Path, frames: str | None = None, *, view: str = "", channel: str = "") -> Plate:
    """A plate of one channel, to serve as a matte: never through a colour curve.

    channel: its name in the file; empty for the alpha where there is one, or else the first channel.
    Raises what `open_plate` raises.
    """
    whole = open_plate(path, frames, colour_space="data", view=view, channels=[channel] if channel else None)
    names = whole.spec(whole.numbers[0]).channels
    if channel or len(names) == 1:
        return whole
    chosen = "A" if "A" in names else names[0]
    return open_plate(path, frames, colour_space="data", view=view, channels=[chosen])


@dataclass(frozen=True, slots=True)
class Files:
    """Picture files by frame number, rising."""

    files: Mapping[int, Path]
    wish: Wish

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(self.files)

    def spec(self, number: int) -> FrameSpec:
        return read_spec(self.files[number], number, self.wish)

    def read(self, number: int) -> Frame:
        return read_frame(self.files[number], number, self.wish)

    def fingerprint(self, number: int) -> Fingerprint | None:
        return fingerprint_of(self.files[number], number, self.wish)


def _movie(path: Path, numbers: tuple[int, ...] | None, wish: Wish, start: int, handles: int) -> Plate:
    movie = Movie(path, start, colour_space=wish.colour_space, view=wish.view, most_pixels=wish.most_pixels)
    for number in numbers or ():
        movie.spec(number)
    if numbers:
        numbers = with_handles(numbers, movie.numbers, handles)
    if wish.channels is None and not wish.layer:
        return Plate(path, movie, numbers)
    names = movie.spec(start).channels
    wanted = wish.channels or ()
    if wish.layer or not wanted or any(name not in names for name in wanted):
        raise BadRequest(f"{path.name} is a movie with channels {', '.join(names)}: choose from those.")
    return Plate(path, _Chosen(movie, wanted), numbers)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Some channels of a movie."""

    movie: Movie
    channels: tuple[str, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.movie.numbers

    def spec(self, number: int) -> FrameSpec:
        return replace(self.movie.spec(number), channels=self.channels)

    def read(self, number: int) -> Frame:
        frame = self.movie.read(number)
        places = [frame.spec.channels.index(name) for name in self.channels]
        return frame_of(self.spec(number), frame.pixels[:, :, places])

    def fingerprint(self, number: int) -> Fingerprint | None:
        mark = self.movie.fingerprint(number)
        return mark and replace(mark, text=f"{mark.text} {self.channels}")


_AGREED = {
    "the format": "display_window",
    "the pixel aspect": "pixel_aspect",
    "the channels": "channels",
    "the colour space": "colour_space",
}


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    width, height = getattr(value, "width", None), getattr(value, "height", None)
    if width is None:
        return str(value)
    x, y = getattr(value, "x", 0), getattr(value, "y", 0)
    return f"{width} x {height}" + (f" at {x}, {y}" if x or y else "")
