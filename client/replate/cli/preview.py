"""Depth as somebody can read it, beside the files that hold it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from replate.depth import CHANNEL
from replate.media import open_plate, picture_of, write_movie
from replate.media.metadata import rate_of
from replate.media.writing import written_beside

_RATE = 24
"""Frames a second where the plate does not say."""


def preview(files: Sequence[Path]) -> Path | None:
    """A movie of the EXRs of a plate of depth, or a PNG of a single one, beside them; gives its file.

    "z.1001.exr" and those after it become "z.preview.mp4". None for any other plate:
    that can be looked at as it is.
    """
    if not files or files[0].suffix.lower() != ".exr":
        return None
    plates = [open_plate(file) for file in files]
    spec = plates[0].spec(plates[0].numbers[0])
    if spec.depth is None or spec.channels != (CHANNEL,):
        return None
    path = beside(files[0], "preview.png" if len(files) == 1 else "preview.mp4")
    if len(files) > 1:
        write_movie(path, (frame for plate in plates for frame in plate), rate_of(spec.metadata) or _RATE)
        return path
    (frame,) = plates[0]
    with written_beside(path) as temporary:
        Image.fromarray(picture_of(frame)).save(temporary, format="PNG")
    return path


def beside(file: Path, ending: str) -> Path:
    """Where something of a whole plate goes, by one of its files: "z.preview.mp4" for "z.1001.exr"."""
    stem = re.sub(r"[._]-?\d+$", "", file.stem)
    return file.with_name(f"{stem}.{ending}")
