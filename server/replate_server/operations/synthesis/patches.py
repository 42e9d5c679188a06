"""Guided patch synthesis as a model, with the parameters that EbSynth has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from replate.values import Parameter, ParameterType, Value
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor
from replate_server.operations.synthesis.engine import synthesize
from replate_server.operations.synthesis.problem import Guide, Settings


class Patches:
    card = Card(
        name="synthesize/patches",
        label="Patches",
        tooltip="Small squares of the style, the best for each place, blended; needs no weights.",
        revision="1",
        licence="GPL-3.0-or-later",
        parameters=(
            Parameter(
                "uniformity",
                "Uniformity",
                ParameterType.REAL,
                3500.0,
                "How much it is avoided to use one part of the style again and again; 0 does not care.",
                0,
                50000,
            ),
            Parameter(
                "patch_size",
                "Patch size",
                ParameterType.WHOLE,
                5,
                "Side of a square in pixels: 3, 5, 7 and so on.",
                3,
                31,
            ),
            Parameter(
                "levels", "Levels", ParameterType.WHOLE, 0, "Sizes from coarse to fine; 0 is as many as fit.", 0, 16
            ),
            Parameter(
                "rounds",
                "Rounds",
                ParameterType.WHOLE,
                12,
                "Times at each size that squares are sought and blended.",
                1,
                40,
            ),
            Parameter(
                "sweeps",
                "Sweeps",
                ParameterType.WHOLE,
                6,
                "Times in a round that each place's square is bettered.",
                1,
                40,
            ),
            Parameter(
                "extra_pass_3x3",
                "Extra pass",
                ParameterType.FLAG,
                False,
                "Ends with squares of 3x3 pixels, for finer detail.",
            ),
        ),
        memory_bytes=2048 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._device = device

    def run(
        self, style: Tensor, guides: Sequence[Guide], parameters: Mapping[str, Value], seed: int, steps: Steps
    ) -> Tensor:
        """As `Synthesizer` has it. Raises `BadRequest` where the sizes do not fit."""
        names = ("uniformity", "patch_size", "rounds", "sweeps", "extra_pass_3x3")
        given: dict[str, Any] = {name: parameters[name] for name in names}
        settings = Settings(**given | {"levels": parameters["levels"] or None, "seed": seed})
        return synthesize(style, guides, settings, device=self._device, progress=steps.progress).picture
