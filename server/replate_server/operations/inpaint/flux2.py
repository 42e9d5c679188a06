"""Holes filled by FLUX.2 klein, by what it is told is there."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import cast

import numpy as np

from replate.values import Parameter, ParameterType, Value
from replate_server.darkroom.geometry import crop
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.flux2 import LEAST, PIXELS, SQUARE, Klein, squat
from replate_server.operations.diffusion.prompts import steps_parameter
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.membrane import membrane

_PROMPT = Parameter(
    "prompt",
    "What is there",
    ParameterType.TEXT,
    "",
    'What the hole is filled with: "an empty street, wet asphalt". Empty: what is around goes on.',
    group="Prompt",
)
_HOLE = "The blurred patch in image 1 is damage. Repair it: fill it with sharp detail, seamlessly with what is around."
_UNSAID = "Continue the surfaces, lines and light from around the patch; add no new object."


class Flux2Klein(Klein):
    card = Card(
        name="inpaint/flux2-klein-4b",
        label="FLUX.2 klein 4B",
        tooltip="Fills large holes with what belongs there, or with what it is told.",
        revision="1",
        licence="Apache-2.0",
        weights=("flux2-klein-4b",),
        parameters=(_PROMPT, steps_parameter(4)),
        wording=(_HOLE, "In its place there is {prompt}."),
        windows=Windows(length=None),
        sizes=Sizes(multiple=SQUARE, minimum=LEAST),
        memory_bytes=4500 * MEGABYTE,
    )

    def run(
        self,
        picture: Tensor,
        hole: Hole,
        parameters: Mapping[str, Value],
        seed: int,
        steps: Steps,
        wanted: Hole | None = None,
    ) -> Tensor:
        """The picture filled, all of the hole. A neighbourhood larger than the model is good at is filled small, and
        what was made is made larger."""
        steps.progress(0.0)
        smooth = np.where(hole[..., None], membrane(picture, (~hole).astype(np.float32)), picture)
        given, inside = squat(smooth)
        size = _size(given)
        small = resize(given, *size, Nature.COLOUR)
        matte = resize(squat(hole.astype(np.float32))[0], *size, Nature.MATTE)
        said = self.prompt(parameters) if str(parameters["prompt"]).strip() else f"{self.prompt(parameters)} {_UNSAID}"
        count = int(cast(int, parameters["steps"]))
        made = self.edited(small, [small], said, count, 1.0, "hole", seed, steps, matte)
        large = crop(resize(made, given.shape[1], given.shape[0], Nature.COLOUR), inside)
        # Outside the hole the picture is known: by what the model's differs there, it would where the two meet.
        off = membrane(picture - large, (~hole).astype(np.float32))
        return np.where(hole[..., None], (large + off).clip(0, 1), picture).astype(np.float32)


def _size(picture: Tensor) -> tuple[int, int]:
    """Width and height at which a picture is filled: its own, or so much smaller that the model is good at it."""
    height, width = picture.shape[:2]
    scale = min(sqrt(PIXELS / (width * height)), 1.0)
    across, down = (max(int(side * scale) // SQUARE * SQUARE, LEAST) for side in (width, height))
    return across, down
