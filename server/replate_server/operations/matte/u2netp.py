"""Salient objects by U2-Net (small): Qin et al., "U2-Net: Going Deeper with Nested U-Structure", 2020."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from replate.values import Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor
from replate_server.operations.sessions import planes, session

_SIDE = 320
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_NOTHING = 0.2
"""A picture whose greatest saliency is below this shows nothing that stands out: it is not stretched to one."""


class U2NetP:
    card = Card(
        name="matte/u2netp",
        label="U2-Net small",
        tooltip="Mattes of whatever stands out: people, animals, things. Quick.",
        revision="1",
        licence="Apache-2.0",
        weights=("u2netp",),
        memory_bytes=500 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._run = session(weights["u2netp"], device)

    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """Coverage of the salient objects in a picture, 320 pixels square whatever its shape."""
        small = resize(picture, _SIDE, _SIDE, Nature.COLOUR)
        # The network was trained on pictures whose brightest pixel is 1.
        small = small / max(float(small.max()), 1e-6)
        steps.progress(0.1)
        saliency = self._run({"input.1": planes((small - _MEAN) / _DEVIATION)})[0][0, 0]
        low, high = float(saliency.min()), float(saliency.max())
        if high < _NOTHING:
            low, high = 0.0, 1.0
        coverage = (saliency - low) / max(high - low, 1e-6)
        return np.ascontiguousarray(coverage[..., None].clip(0, 1), np.float32)
