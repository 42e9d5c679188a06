"""Z-Image-Turbo, a keyframe at a time: few steps, led by edges, depth or brightness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from replate.values import Parameter, ParameterType, Preset, Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor
from replate_server.operations.diffusion.prompts import DESCRIBED, KEEP, LORAS, PROMPT, steps_parameter
from replate_server.operations.diffusion.z_image import PIXELS, SQUARE, STEPS, ZImage
from replate_server.operations.restyle.controls import control_of
from replate_server.operations.restyle.repainting import Take

_CONTROLS = ("edges", "depth", "grey", "nothing")

_CONTROL = Parameter(
    "control",
    "Led by",
    ParameterType.CHOICE,
    "edges",
    "What the model follows: the plate's edges, a depth plate, or the plate's brightness. With nothing, all it has of "
    "the plate is what strength leaves.",
    choices=_CONTROLS,
    group="Model",
)
_CONTROL_SCALE = Parameter(
    "control_scale",
    "Led how strongly",
    ParameterType.REAL,
    0.75,
    "How strictly it follows; about 0.65 to 0.9 does well.",
    0.0,
    2.0,
    group="Model",
)
_PRESETS = (
    Preset(
        "adhere",
        "Adhere",
        "A treatment of the plate: its colours and its detail stay.",
        {"strength": 0.4, "keep_colour": True, "control": "edges", "control_scale": 0.8},
    ),
    Preset(
        "flex",
        "Flex",
        "What the prompt says, over edges that are the plate's.",
        {"strength": 0.75, "keep_colour": False, "control": "edges", "control_scale": 0.75},
    ),
    Preset(
        "reimagine",
        "Reimagine",
        "What the prompt says in full: the plate gives the composition.",
        {"strength": 1.0, "keep_colour": False, "control": "edges", "control_scale": 0.65},
    ),
)


class ZImageKeyframes(ZImage):
    card = Card(
        name="restyle/z-image",
        label="Z-Image Turbo",
        tooltip="Repaints keyframes by a prompt in eight steps, led by edges, depth or brightness.",
        revision="1",
        licence="Apache-2.0",
        weights=("z-image-turbo", "z-image-turbo-controlnet"),
        parameters=(PROMPT, KEEP, steps_parameter(STEPS), LORAS, _CONTROL, _CONTROL_SCALE),
        presets=_PRESETS,
        wording=DESCRIBED,
        sizes=Sizes(multiple=SQUARE, minimum=64),
        memory_bytes=4300 * MEGABYTE,
    )
    frames = 1
    overlap = 0
    stride = 1

    def pixels(self, parameters: Mapping[str, Value]) -> int:
        return PIXELS

    def repaint(self, take: Take, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Sequence[Tensor]:
        if 0 in take.known:
            return [take.known[0]]
        if take.style is not None:
            steps.warn("Z-Image does not see the style: say its manner in the prompt, or name a LoRA.")
        painted = self.painted(
            take.pictures[0],
            control_of(take, 0, cast(str, parameters["control"])),
            float(cast(float, parameters["control_scale"])),
            self.prompt(parameters),
            int(cast(int, parameters["steps"])),
            float(cast(float, parameters["strength"])),
            take.place,
            seed,
            steps,
            take.mattes[0] if take.mattes is not None else None,
            take.numbers[0],
            take.loras,
        )
        return [painted]
