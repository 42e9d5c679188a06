"""Inpainting by MI-GAN.

Sargsyan et al., "MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices", ICCV 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane
from replate_server.operations.sessions import planes, session

_DEEPEST = 0.25
"""How deep into a hole things are made up, as a part of the picture's longer side. The network was not made for holes
without an end, and paints there what has nothing to do with the picture: deeper in, what is around fades on."""


class MiGan:
    card = Card(
        name="inpaint/migan",
        label="MI-GAN",
        tooltip="Removes things quickly. Holes of up to 512 pixels keep their sharpness.",
        revision="4",
        licence="MIT",
        weights=("migan",),
        # The network's own frame is 512 pixels square; it brings a picture and its hole there by itself.
        sizes=Sizes(minimum=64),
        windows=Windows(length=None),
        memory_bytes=2400 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._run = session(weights["migan"], device)

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        """The picture filled, all of the hole. The network paints in 8 bits: its steps are dithered, always alike."""
        steps.progress(0.0)
        # The network brings the picture to its own size, hole and all, and would see at the hole's edge what is in it.
        given = np.where(hole[..., None], membrane(picture, (~hole).astype(np.float32)), picture)
        eight = np.rint(given * 255.0).clip(0, 255).astype(np.uint8)
        depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
        keep = np.where(hole & (depth <= _DEEPEST * max(hole.shape)), 0, 255).astype(np.uint8)
        (painted,) = self._run({"image": planes(eight), "mask": np.ascontiguousarray(keep[None, None])})
        noise = np.random.default_rng(seed)
        # The difference of two uniform variates is triangular: it hides steps of one without modulating with them.
        triangular = noise.random(picture.shape, np.float32) - noise.random(picture.shape, np.float32)
        made = (painted[0].transpose(1, 2, 0) + triangular * np.float32(0.5)) / np.float32(255.0)
        return np.where(hole[..., None], made.clip(0, 1), picture).astype(np.float32)
