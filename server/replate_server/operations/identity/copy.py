"""The model of an operation that needs none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replate_server.operations.contract import MEGABYTE, Card, Windows


class Copy:
    card = Card(
        name="identity/copy",
        label="Copy",
        tooltip="Gives the plate back untouched.",
        revision="1",
        licence="GPL-3.0-or-later",
        windows=Windows(length=8),
        memory_bytes=MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load."""
