"""Holes filled by Z-Image-Turbo, whose ControlNet was taught to see what is around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.diffusion.prompts import DESCRIBED, steps_parameter
from replate_server.operations.diffusion.z_image import PIXELS, SQUARE, STEPS, ZImage
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.small import PROMPT, filled_small
from replate_server.operations.working_size import working_size

_UNSAID = "Empty background, with nothing and nobody in front of it."
_SCALE = 0.9
"""Of the ControlNet: the most that its makers advise. Fills are to fit."""
_LEAST = 64


class ZImageFill(ZImage):
    card = Card(
        name="inpaint/z-image",
        label="Z-Image Turbo",
        tooltip="Fills large holes with what belongs there, or with what it is told, in eight steps.",
        revision="1",
        licence="Apache-2.0",
        weights=("z-image-turbo", "z-image-turbo-controlnet"),
        parameters=(PROMPT, steps_parameter(STEPS)),
        wording=DESCRIBED[:1],
        windows=Windows(length=None),
        sizes=Sizes(multiple=SQUARE, minimum=_LEAST),
        memory_bytes=4300 * MEGABYTE,
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
        said = self.prompt(parameters) or _UNSAID
        count = int(cast(int, parameters["steps"]))

        def fill(small: Tensor, matte: Tensor) -> Tensor:
            return self.painted(small, None, _SCALE, said, count, 1.0, "hole", seed, steps, matte)

        height, width = picture.shape[:2]
        return filled_small(picture, hole, working_size(width, height, PIXELS, SQUARE, _LEAST), fill)
