"""FLUX.2 klein: a frame edited as it is told, in few steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor
from replate_server.operations.diffusion.flux2 import LEAST, PIXELS, SQUARE, Klein
from replate_server.operations.diffusion.prompts import INSTRUCTED, KEEP, LORAS, PROMPT, steps_parameter
from replate_server.operations.restyle.editing import CONTROL, PRESETS, shown
from replate_server.operations.restyle.repainting import Take


class Flux2Klein(Klein):
    card = Card(
        name="restyle/flux2-klein-4b",
        label="FLUX.2 klein 4B",
        tooltip="Edits frames as it is told, in four steps, and takes the manner of a style picture.",
        revision="1",
        licence="Apache-2.0",
        weights=("flux2-klein-4b",),
        parameters=(PROMPT, KEEP, steps_parameter(4), LORAS, CONTROL),
        presets=PRESETS,
        wording=INSTRUCTED,
        sizes=Sizes(multiple=SQUARE, minimum=LEAST),
        memory_bytes=2600 * MEGABYTE,
    )
    frames = 1
    overlap = 0
    stride = 1

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return PIXELS

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        if 0 in take.known:
            return [take.known[0]]
        seen = shown(take, cast(str, parameters["control"]), "Image")
        made = self.edited(
            take.pictures[0],
            seen.pictures,
            f"{self.prompt(parameters)} {seen.said}".strip(),
            int(cast(int, parameters["steps"])),
            float(cast(float, parameters["strength"])),
            take.place,
            seed,
            steps,
            take.mattes[0] if take.mattes is not None else None,
            take.numbers[0],
            take.loras,
        )
        return [made]
