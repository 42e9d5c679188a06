"""Pictures packed into one, each a layer of it: how guides travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from replate.errors import BadRequest
from replate.frame import DATA, Fingerprint, Frame, FrameSpec, PixelType
from replate.media.colour import DISPLAY
from replate.media.pictures import frame_of
from replate.media.plates import Plate, open_plate

_FLOAT = (".exr", ".hdr")
"""Endings of pictures that have no code values."""


def open_values(path: str | Path, frames: str | None = None) -> Plate:
    """A plate whose pixels are as they are in the file: code values in [0,1] are not made light of.

    Those are in the colour space "srgb_tx", so that a PNG made of them has them again. Of a single picture `frames` is
    the number it gets. Raises what `open_plate` raises.
    """
    if Path(path).suffix.lower() in _FLOAT:
        return open_plate(path, frames)
    plate = open_plate(path, frames, colour_space=DATA)
    return Plate(plate.path, _Packed((plate,), ("",), DISPLAY), plate.numbers)


def pack(plates: Sequence[Plate], names: Sequence[str]) -> Plate:
    """Plates of one format as one, the channels of each in the layer of its name: "guide1.R".

    A plate of a single frame goes with every frame of the others. Raises `BadRequest` where they have other frames
    or formats, here and when a frame is read.
    """
    long = [plate for plate in plates if len(plate) > 1]
    first = (long or plates)[0]
    for plate in long:
        if plate.numbers != first.numbers:
            raise BadRequest(
                f"{plate.path.name} has other frames than {first.path.name}; give all the same with --frames."
            )
    space = first.spec(first.numbers[0]).colour_space
    return Plate(first.path, _Packed(tuple(plates), tuple(names), space), first.numbers)


@dataclass(frozen=True, slots=True)
class _Packed:
    """A plate's source."""

    plates: tuple[Plate, ...]
    names: tuple[str, ...]
    """Of layers; an empty one leaves channels as they are."""
    colour_space: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return max((plate.numbers for plate in self.plates), key=len)

    def spec(self, number: int) -> FrameSpec:
        specs = [plate.spec(_of(plate, number)) for plate in self.plates]
        first = specs[0]
        for plate, spec in zip(self.plates, specs, strict=True):
            if (spec.data_window, spec.display_window) != (first.data_window, first.display_window):
                raise BadRequest(
                    f"{plate.path.name} has another format than {self.plates[0].path.name}; reformat one to the other."
                )
        half = all(spec.pixel_type is PixelType.HALF for spec in specs)
        return replace(
            first,
            number=number,
            channels=tuple(
                f"{name}.{channel}" if name else channel
                for name, spec in zip(self.names, specs, strict=True)
                for channel in spec.channels
            ),
            pixel_type=PixelType.HALF if half else PixelType.FLOAT,
            colour_space=self.colour_space,
            depth=None,
        )

    def read(self, number: int) -> Frame:
        planes = [plate.read(_of(plate, number)).pixels for plate in self.plates]
        return frame_of(self.spec(number), np.concatenate(planes, axis=2))

    def fingerprint(self, number: int) -> Fingerprint | None:
        marks = [plate.fingerprint(_of(plate, number)) for plate in self.plates]
        found = [mark for mark in marks if mark is not None]
        if len(found) < len(marks):
            return None
        text = " | ".join([*(mark.text for mark in found), *self.names, self.colour_space, str(number)])
        return Fingerprint(text, all(mark.settled for mark in found))


def _of(plate: Plate, number: int) -> int:
    return plate.numbers[0] if len(plate) == 1 else number
