"""Portrait matting by MODNet: Ke et al., "MODNet: Real-Time Trimap-Free Portrait Matting", AAAI 2022."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from replate.values import Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor
from replate_server.operations.sessions import planes, session

_SHORT_SIDE = 512
_LONG_SIDE = 2048
_MULTIPLE = 32


class ModNet:
    card = Card(
        name="matte/modnet",
        label="MODNet",
        tooltip="Soft mattes of people, hair included.",
        revision="1",
        licence="Apache-2.0",
        weights=("modnet",),
        memory_bytes=1200 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._run = session(weights["modnet"], device)

    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """Coverage of the people in a picture, about 512 pixels on its short side."""
        height, width = picture.shape[:2]
        scale = min(_SHORT_SIDE / min(height, width), _LONG_SIDE / max(height, width))
        small = resize(picture, _side(width * scale), _side(height * scale), Nature.COLOUR)
        steps.progress(0.1)
        (coverage,) = self._run({"input": planes((small - np.float32(0.5)) / np.float32(0.5))})
        return np.ascontiguousarray(coverage[0].transpose(1, 2, 0).clip(0, 1), np.float32)


def _side(length: float) -> int:
    return max(round(length / _MULTIPLE), 1) * _MULTIPLE
