"""BasicVSR: what each frame shows of a thing, gathered from all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from replate.values import Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.upscale.agreeing import agreeing
from replate_server.operations.upscale.clip import Clip


class BasicVSR:
    card = Card(
        name="upscale/basicvsr",
        label="BasicVSR",
        tooltip="Gathers from the frames before and after what each shows of a thing: real detail, that holds still.",
        revision="1",
        licence="Apache-2.0",
        weights=("basicvsr",),
        windows=Windows(length=16, before=6, after=6),
        sizes=Sizes(multiple=32, minimum=64, most_pixels=320 * 320, overlap=64),
        memory_bytes=2200 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        from replate_server.operations.upscale.recurrent import Network

        self._network = Network(weights["basicvsr"], device)

    def enlarge(self, clip: Clip, scale: int, parameters: Mapping[str, Value], steps: Steps) -> Iterator[Tensor]:
        """Made four times as large, and averaged to less."""
        height, width = clip.pictures.shape[1:3]
        large = self._network.enlarge(clip.pictures, clip.wanted, steps.progress)
        for index, picture in zip(clip.wanted, large, strict=True):
            held = agreeing(picture, clip.pictures[index])
            yield resize(held, width * scale, height * scale, Nature.COLOUR)
