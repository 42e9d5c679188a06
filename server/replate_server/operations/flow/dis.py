"""Dense inverse search, without weights: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Parameter, ParameterType, Value
from replate_server.darkroom.development import LUMINANCE
from replate_server.darkroom.geometry import crop, pad
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows

_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_SMALL = 640
"""Pictures below this length are doubled: patches of 8 pixels are too coarse for what moves in them."""
_LEAST = 64
"""Below this OpenCV finds no pyramid."""


class Dis:
    card = Card(
        name="flow/dis",
        label="DIS",
        tooltip="OpenCV's dense inverse search: quick, on the CPU, and needs no weights.",
        revision="2",
        licence="Apache-2.0",
        parameters=(
            Parameter(
                "preset",
                "Quality",
                ParameterType.CHOICE,
                "medium",
                "Medium follows small things; ultrafast is for a first look.",
                choices=tuple(_PRESETS),
            ),
        ),
        windows=Windows(length=8, before=1, after=1),
        memory_bytes=600 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load, and any device will do: it runs on the CPU."""

    def run(self, first: Tensor, second: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """Motion in pixels. It sees brightness alone."""
        height, width = first.shape[:2]
        scale = 2 if max(height, width) < _SMALL else 1
        one, two = (_grey(picture, scale) for picture in (first, second))
        steps.progress(0.1)
        padded, box = pad(one, 1, _LEAST)
        finder = cv2.DISOpticalFlow.create(_PRESETS[cast(str, parameters["preset"])])
        start = np.zeros((*padded.shape, 2), np.float32)
        found = np.asarray(finder.calc(padded, pad(two, 1, _LEAST)[0], start), np.float32)
        motion = crop(found, box)
        if scale != 1:
            # Averaged like a colour: neighbours of a doubled picture are one pixel's own two measurements.
            motion = resize(motion, width, height, Nature.COLOUR) / np.float32(scale)
        return np.ascontiguousarray(motion, np.float32)


def _grey(picture: Tensor, scale: int) -> NDArray[np.uint8]:
    grey = picture @ np.array(LUMINANCE, np.float32)
    if scale != 1:
        grey = resize(grey, grey.shape[1] * scale, grey.shape[0] * scale, Nature.COLOUR)
    eight: NDArray[np.uint8] = np.rint(grey * 255.0).clip(0, 255).astype(np.uint8)
    return eight
