"""A plain enlargement, as any reformat does it: to compare with, and at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from replate.values import Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.upscale.clip import Clip


class Lanczos:
    card = Card(
        name="upscale/lanczos",
        label="Lanczos",
        tooltip="A filter without ringing. Makes nothing up, and nothing sharper.",
        revision="1",
        licence="GPL-3.0-or-later",
        windows=Windows(length=4),
        memory_bytes=MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load."""

    def enlarge(self, clip: Clip, scale: int, parameters: Mapping[str, Value], steps: Steps) -> Iterator[Tensor]:
        for done, index in enumerate(clip.wanted):
            steps.progress(done / len(clip.wanted))
            picture = clip.pictures[index]
            height, width = picture.shape[:2]
            yield resize(picture, width * scale, height * scale, Nature.COLOUR)
