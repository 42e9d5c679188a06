"""Arbitrary style transfer by adaptive instance normalisation: Huang and Belongie, ICCV 2017."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.spans import Span

if TYPE_CHECKING:
    from replate_server.operations.restyle.network import Statistics
    from replate_server.operations.restyle.painting import Pieces

_STYLES_KEPT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What all tiles of a picture share."""

    style: Statistics
    whole: Statistics | None
    """None: `run` sees the whole picture, and takes its own."""


class AdaIN:
    card = Card(
        name="restyle/adain",
        label="AdaIN",
        tooltip="Paints the plate in the manner of any picture. Fast, and the same style on every frame.",
        revision="7",
        licence="MIT",
        weights=("adain-vgg", "adain-decoder"),
        needs=("style",),
        presets=PRESETS,
        # 1920x1088 at once: 2 GiB on a CPU.
        sizes=Sizes(multiple=8, minimum=64, most_pixels=2_100_000, overlap=192),
        memory_bytes=2200 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        from replate_server.operations.restyle.network import Network

        self.device = device
        self._network = Network(weights["adain-vgg"], weights["adain-decoder"], device)
        self._styles: dict[str, Statistics] = {}

    def look(self, style: Callable[[], Pieces], name: str, whole: Callable[[], Pieces] | None, steps: Steps) -> Look:
        """The style's statistics, kept by its name, and those of the whole picture where `run` will see tiles."""
        if name not in self._styles:
            while len(self._styles) >= _STYLES_KEPT:
                del self._styles[next(iter(self._styles))]
            self._styles[name] = self._network.statistics(style(), Span(steps, 0.0, 0.5).progress)
        content = None
        if whole is not None:
            content = self._network.statistics(whole(), Span(steps, 0.5, 1.0).progress)
        return Look(self._styles[name], content)

    def run(self, picture: Tensor, look: Look, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """The picture restyled: the statistics of its features give way to the style's by `strength`."""
        strength = float(cast(float, parameters["strength"]))
        return self._network.paint(picture, look.whole, look.style, strength, steps.progress)
