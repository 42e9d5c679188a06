"""Layers completed by MI-GAN."""

from __future__ import annotations

from dataclasses import replace

from replate_server.operations.inpaint.migan import MiGan as Inpainter


class MiGan(Inpainter):
    card = replace(
        Inpainter.card,
        name="layers/migan",
        tooltip="What is hidden is made up quickly, by a network; for small and middling disclosures.",
    )
