"""Layers shown to a camera by the renderer in `operations/layers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from replate_server.operations.contract import MEGABYTE, Card, Tensor, Windows
from replate_server.operations.layers.camera import Camera
from replate_server.operations.layers.packing import Sheet

if TYPE_CHECKING:
    from replate_server.operations.layers.render import Kind
    from replate_server.operations.layers.surface import Surface

_REVISION = "2"
_LICENCE = "GPL-3.0-or-later"


class Grid:
    card = Card(
        name="move/grid",
        label="Displaced grids",
        tooltip="Every layer at its own depth, pixel by pixel; it tears where depth jumps, and does not stretch.",
        revision=_REVISION,
        licence=_LICENCE,
        windows=Windows(length=None),
        memory_bytes=2500 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._device = device

    def scene(self, sheets: Sequence[Sheet]) -> tuple[Surface, ...]:
        return _scene(sheets, self._device)

    def run(self, scene: Sequence[Surface], rest: Camera, camera: Camera) -> Tensor:
        return _seen(scene, rest, camera, "grid")


class Cards:
    card = Card(
        name="move/card",
        label="Cards",
        tooltip="Every layer flat, at the distance of its middle.",
        revision=_REVISION,
        licence=_LICENCE,
        windows=Windows(length=None),
        memory_bytes=2000 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._device = device

    def scene(self, sheets: Sequence[Sheet]) -> tuple[Surface, ...]:
        return _scene(sheets, self._device)

    def run(self, scene: Sequence[Surface], rest: Camera, camera: Camera) -> Tensor:
        return _seen(scene, rest, camera, "card")


def _scene(sheets: Sequence[Sheet], device: str) -> tuple[Surface, ...]:
    # Imported here, because PyTorch takes seconds and the server reads cards without it.
    from replate_server.operations.layers.surface import stacked

    return stacked([(sheet.texture, sheet.depth) for sheet in sheets], device)


def _seen(scene: Sequence[Surface], rest: Camera, camera: Camera, kind: Kind) -> Tensor:
    from replate_server.operations.layers.render import render

    picture: Tensor = render(scene, rest, camera, kind).cpu().numpy()
    return picture
