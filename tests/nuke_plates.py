"""Plates as bad as they get, for Nuke's tests; and EXR files read as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray


def write_plate(
    pattern: Path,
    frames: Sequence[int],
    size: tuple[int, int] = (20, 12),
    overscan: tuple[int, int] = (3, 2),
    pixel_aspect: float = 2.0,
) -> None:
    """Half floats from a seed by the frame's number: HDR, negatives, alpha, a timecode, a comment.

    The data window reaches beyond the format, `size`, by `overscan` pixels on each side.
    """
    pattern.parent.mkdir(parents=True, exist_ok=True)
    for frame in frames:
        random = np.random.default_rng(frame)
        width, height = (side + 2 * more for side, more in zip(size, overscan, strict=True))
        pixels = random.normal(0.5, 2.0, (height, width, 4)).astype(np.float16)
        pixels[..., 3] = random.random((height, width))
        pixels[0, 0, :3] = 65504, -20, 1e-7
        header = oiio.ImageSpec(width, height, 4, "half")
        header.x, header.y = (-more for more in overscan)
        header.full_width, header.full_height = size
        header["PixelAspectRatio"] = pixel_aspect
        header.attribute("smpte:TimeCode", oiio.TypeTimeCode, (0x01020300 + frame % 10, 0))
        header["comment"] = f"frame {frame}"
        file = oiio.ImageOutput.create("openexr")
        assert file is not None, oiio.geterror()
        assert file.open(str(pattern) % frame, header), file.geterror()
        assert file.write_image(pixels)
        file.close()


def read(path: str | Path) -> tuple[oiio.ImageSpec, NDArray[np.float32]]:
    """Header and pixels, [height, width, channels] over the data window, from the top."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, oiio.geterror()
    return file.spec(), np.asarray(file.read_image(0, 0, 0, file.spec().nchannels, "float"))
