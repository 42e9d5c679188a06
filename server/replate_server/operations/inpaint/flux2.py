"""Holes filled by FLUX.2 klein, by what it is told is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.flux2 import LEAST, PIXELS, SQUARE, Klein
from replate_server.operations.diffusion.prompts import steps_parameter
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.small import PROMPT, filled_small
from replate_server.operations.working_size import working_size

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
        parameters=(PROMPT, steps_parameter(4)),
        wording=(_HOLE, "In its place there is {prompt}."),
        windows=Windows(length=None),
        sizes=Sizes(multiple=SQUARE, minimum=LEAST),
        memory_bytes=2600 * MEGABYTE,
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
        said = self.prompt(parameters) if str(parameters["prompt"]).strip() else f"{self.prompt(parameters)} {_UNSAID}"
        count = int(cast(int, parameters["steps"]))

        def fill(small: Tensor, matte: Tensor) -> Tensor:
            return self.edited(small, [small], said, count, 1.0, "hole", seed, steps, matte)

        height, width = picture.shape[:2]
        return filled_small(picture, hole, working_size(width, height, PIXELS, SQUARE, LEAST), fill)
