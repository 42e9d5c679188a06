"""What the demo made, to be looked at: a contact sheet and two movies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.frame import Box, Frame, PixelType
from replate.media import contact_sheet, write_movie
from replate.media.contact import Layout

Frames = Mapping[str, Sequence[Frame]]
"""By the name of an output, in rising order."""

_COLUMNS = 4
_MOVES = {
    "plate": "The scene, orbited",
    "rendered": "A camera moves past the layers, rendered in Blender",
    "restyled": "The move restyled, with Blender's depth and motion as guides",
}
"""Captions."""
_CHECKS = (0.05, 0.09)
"""The two greys of what a layer is shown on, scene-linear."""
_CHECK = 16
"""Pixels."""


def show(out: Path, plate: Sequence[Frame], made: Mapping[str, Frames], fps: int) -> None:
    """Writes contact_sheet.png, preview.mp4 and move.mp4 into a folder. `made` is by label."""
    restyled, matte = made["restyle"]["plate"], made["matte"]["matte"]
    clean, moves = made["clean"]["plate"], made["move"]
    combined = [_over(*frames) for frames in zip(plate, restyled, matte, strict=True)]
    layers = [_on_checks(frame) for frame in made["scene"]["layers"]]
    shown = layers[-1].spec.number
    rows = {
        "Plate": _spread(plate, 2),
        "Restyled": _spread(restyled, 2),
        "Matte from one click": _only(matte, shown),
        "Subject over the restyled set": _spread(combined, 2),
        "Clean plate": _only(clean, shown),
        "Depth": _only(made["depth"]["depth"], shown),
        "Layers, each filled in behind what is nearer": layers[1 - _COLUMNS :],
        **{_MOVES[name]: _spread(frames, _COLUMNS) for name, frames in moves.items()},
    }
    layout = Layout(columns=_COLUMNS)
    contact_sheet(list(rows.items()), out / "contact_sheet.png", title="Replate", layout=layout)
    write_movie(out / "preview.mp4", (_quad(*four) for four in zip(plate, restyled, combined, clean, strict=True)), fps)
    write_movie(out / "move.mp4", (_beside(*frames) for frames in zip(*moves.values(), strict=True)), fps)


def _spread(frames: Sequence[Frame], count: int) -> list[Frame]:
    """So many, evenly: from the first to the last, or two from within."""
    inner = count < 3
    places = np.linspace(0, len(frames) - 1, count + 2 * inner).round().astype(int)
    return [frames[place] for place in (places[1:-1] if inner else places)]


def _only(frames: Sequence[Frame], number: int) -> list[Frame]:
    return [frame for frame in frames if frame.spec.number == number]


def _over(plate: Frame, restyled: Frame, matte: Frame) -> Frame:
    """The plate's subject, as it was shot, in front of the restyled set."""
    cover = matte.pixels[:, :, :1].astype(np.float32)
    mixed = plate.pixels * cover + restyled.pixels * (1.0 - cover)
    return plate.with_pixels(mixed.astype(np.float16))


def _on_checks(layer: Frame) -> Frame:
    """A layer of RGBA, premultiplied, over a board that shows where it is not."""
    height, width = layer.pixels.shape[:2]
    rows, columns = np.arange(height)[:, np.newaxis] // _CHECK, np.arange(width) // _CHECK
    board = np.where((rows + columns) % 2, *_CHECKS)[:, :, np.newaxis]
    return _pictured(layer, layer.pixels[:, :, :3] + board * (1.0 - layer.pixels[:, :, 3:]))


def _quad(*frames: Frame) -> Frame:
    """Four frames of one size in one picture, two by two."""
    above, below = _beside(*frames[:2]), _beside(*frames[2:])
    return _pictured(frames[0], np.vstack([above.pixels, below.pixels]))


def _beside(*frames: Frame) -> Frame:
    return _pictured(frames[0], np.hstack([frame.pixels[:, :, :3] for frame in frames]))


def _pictured(frame: Frame, pixels: NDArray[Any]) -> Frame:
    """Another picture in the first one's colours."""
    window = Box(0, 0, pixels.shape[1], pixels.shape[0])
    spec = replace(frame.spec, data_window=window, display_window=window, channels=frame.spec.channels[:3])
    return Frame(replace(spec, pixel_type=PixelType.HALF), pixels.astype(np.float16))
