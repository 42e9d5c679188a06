"""Layers completed by patches of the picture itself."""

from __future__ import annotations

from dataclasses import replace

from replate_server.operations.inpaint.patch import Patch as Inpainter


class Patch(Inpainter):
    card = replace(
        Inpainter.card,
        name="layers/patch",
        tooltip="What is hidden is put together from patches of the plate: sharp texture, at any size; no weights.",
    )
