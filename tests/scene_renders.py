"""What a host rendered of a scene, and the plate that it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from replate.scene import Scene
from scene_plates import Shape, Taken

LIMIT = 2 / 255
"""The largest difference from the plate that a scene at rest may show."""


def worst(path: Path, reference: NDArray[np.float32]) -> float:
    """The largest difference of a picture in any channel."""
    return float(np.abs(rendered(path) - reference).max())


def rendered(path: Path) -> NDArray[np.float32]:
    picture = oiio.ImageBuf(str(path))
    names = list(picture.spec().channelnames)
    return np.asarray(picture.get_pixels(oiio.FLOAT))[:, :, [names.index(name) for name in "RGBA"]]


def plate(scene: Scene, shape: Shape, taken: Taken, number: int) -> NDArray[np.float32]:
    """Over the format, clear where the plate has no pixels."""
    display, data = scene.display_window, shape.window
    whole = np.zeros((display.height, display.width, 4), np.float32)
    inside = display.intersection(data)
    whole[inside.y : inside.bottom, inside.x : inside.right] = taken.plates[number][
        inside.y - data.y : inside.bottom - data.y, inside.x - data.x : inside.right - data.x
    ]
    return whole
