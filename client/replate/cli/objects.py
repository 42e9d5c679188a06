"""Mattes of several objects as one plate: a channel each, under the object's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame
from replate.media import Pattern, Plate, open_matte, open_plate
from replate.media.pictures import frame_of
from replate.scene.contract import plain_name


@dataclass(frozen=True, slots=True)
class Objects:
    """Mattes side by side. A plate of theirs that has a channel for each object goes in as it is."""

    mattes: tuple[tuple[str, Plate], ...]
    """With the object's name, or with none where the channels have names."""

    @property
    def numbers(self) -> Sequence[int]:
        return self.mattes[0][1].numbers

    def read(self, number: int) -> Frame:
        """All of a frame's channels. Raises `BadRequest` where they lie differently."""
        frames = [(name, plate.read(number)) for name, plate in self.mattes]
        spec = frames[0][1].spec
        for _, frame in frames:
            if (frame.spec.data_window, frame.spec.display_window) != (spec.data_window, spec.display_window):
                raise BadRequest(f"The mattes of frame {number} have different windows: render them alike.")
        channels = [channel if not name else f"{name}.A" for name, frame in frames for channel in frame.spec.channels]
        if len(set(channels)) != len(channels):
            raise BadRequest(f"Two mattes are called {channels[0]}: name them, as in --matte dog=dog.####.exr.")
        kind = max((frame.spec.pixel_type for _, frame in frames), key=lambda pixel_type: pixel_type.dtype.itemsize)
        pixels = np.concatenate([frame.pixels for _, frame in frames], axis=2)
        return frame_of(replace(spec, channels=tuple(channels), pixel_type=kind), pixels)


def open_objects(texts: Sequence[str], frames: str | None, view: str) -> Objects:
    """Mattes written [NAME=]PATTERN: an object each, or an EXR with channels such as dog.A and cat.A.

    Without a name an object is called as its file is. Raises what `open_plate` raises.
    """
    return Objects(tuple(_opened(text, frames, view) for text in texts))


def _opened(text: str, frames: str | None, view: str) -> tuple[str, Plate]:
    name, equals, path = text.partition("=")
    if not equals:
        name, path = "", text
    wanted = frames if Pattern(Path(path)).numbered else None
    whole = open_plate(path, wanted, colour_space="data", view=view)
    channels = whole.spec(whole.numbers[0]).channels
    if not name and all(channel.endswith(".A") for channel in channels):
        return "", whole
    stem = Path(path).name.split(".")[0].rstrip("_#")
    return plain_name(name or stem), open_matte(path, wanted, view=view)
