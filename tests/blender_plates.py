"""Small plates for what is done in Blender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO

FRAMES = (1001, 1002, 1003)


def sequence(folder: Path) -> Path:
    """Three frames of 64 x 48, half float: a near square that moves before a slope."""
    for frame in FRAMES:
        rows, columns = np.mgrid[0:48, 0:64].astype(np.float32)
        pixels = np.stack([rows / 48, columns / 64, np.full_like(rows, 0.2)], axis=-1)
        pixels[12:36, 20 + frame % 10 : 40 + frame % 10] = (2.5, 0.4, 0.1)
        write(folder / f"plate.{frame}.exr", pixels)
    return folder / "plate.####.exr"


def write(path: Path, pixels: np.ndarray) -> None:
    height, width, channels = pixels.shape
    out = OpenImageIO.ImageOutput.create(str(path))
    assert out.open(str(path), OpenImageIO.ImageSpec(width, height, channels, OpenImageIO.HALF)), out.geterror()
    assert out.write_image(np.ascontiguousarray(pixels)), out.geterror()
    out.close()
