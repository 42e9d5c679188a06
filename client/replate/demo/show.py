"""What the demo made, to be looked at: a contact sheet and two movies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from replate.frame import Box, Frame
from replate.media import contact_sheet, write_movie

Frames = Mapping[str, Sequence[Frame]]
"""By the name of an output, in rising order."""


def show(out: Path, plate: Sequence[Frame], made: Mapping[str, Frames], fps: int) -> None:
    """Writes contact_sheet.png, preview.mp4 and move.mp4 into a folder. `made` is by label."""
    restyled, matte = made["restyle"]["plate"], made["matte"]["matte"]
    clean, moved = made["clean"]["plate"], made["move"]["plate"]
    combined = [_over(*frames) for frames in zip(plate, restyled, matte, strict=True)]
    rows = {
        "Plate": plate,
        "Restyled": restyled,
        "Matte from one click": matte,
        "Subject over the restyled set": combined,
        "Clean plate": clean,
        "Motion, forward": made["motion"]["motion"],
        "Depth": made["depth"]["depth"],
        "The scene, orbited": moved,
    }
    every = slice(0, None, max(1, len(plate) // 5))
    contact_sheet([(name, frames[every]) for name, frames in rows.items()], out / "contact_sheet.png", title="Replate")
    write_movie(out / "preview.mp4", (_quad(*four) for four in zip(plate, restyled, combined, clean, strict=True)), fps)
    write_movie(out / "move.mp4", moved, fps)


def _over(plate: Frame, restyled: Frame, matte: Frame) -> Frame:
    """The plate's subject, as it was shot, in front of the restyled set."""
    cover = matte.pixels[:, :, :1].astype(np.float32)
    mixed = plate.pixels * cover + restyled.pixels * (1.0 - cover)
    return plate.with_pixels(mixed.astype(np.float16))


def _quad(*frames: Frame) -> Frame:
    """Four frames of one size in one picture, two by two."""
    first, second, third, fourth = (frame.pixels for frame in frames)
    pixels = np.vstack([np.hstack([first, second]), np.hstack([third, fourth])])
    window = Box(0, 0, pixels.shape[1], pixels.shape[0])
    return Frame(replace(frames[0].spec, data_window=window, display_window=window), pixels)
