"""What a model is shown and told that edits a picture by instructions: the plate first, then whatever it is to heed."""

from __future__ import annotations

from dataclasses import dataclass

from replate.values import Parameter, ParameterType, Preset
from replate_server.operations.contract import Tensor
from replate_server.operations.restyle.controls import control_of
from replate_server.operations.restyle.repainting import Take

CONTROL = Parameter(
    "control",
    "Held by",
    ParameterType.CHOICE,
    "plate",
    "What the model is shown beside the plate, so that forms stay where they are: a depth plate, or the plate's edges.",
    choices=("plate", "depth", "edges"),
    group="Model",
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "adhere",
        "Adhere",
        "The change, laid on the plate: its forms and most of its detail stay.",
        {"strength": 0.4, "keep_colour": False, "control": "edges"},
    ),
    Preset(
        "flex",
        "Flex",
        "The change in full, over forms that are the plate's.",
        {"strength": 0.8, "keep_colour": False, "control": "plate"},
    ),
    Preset(
        "reimagine",
        "Reimagine",
        "The picture made anew as it is told: what stays of the plate is what the model was told to keep.",
        {"strength": 1.0, "keep_colour": False, "control": "plate"},
    ),
)

_TOLD = {
    "style": "Paint it in the manner of {name} {index}: its palette, light and texture, and nothing else of it.",
    "depth": "{name} {index} is the depth of {name} 1, with what is near in white: keep every form where it is there.",
    "edges": "{name} {index} has the edges of {name} 1: keep every outline where it is there.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The pictures, in the order in which the model knows them, and what it is told of those after the first."""

    pictures: tuple[Tensor, ...]
    """Each [height, width, 3] in [0,1]; all but a style are as large as the plate."""
    said: str


def shown(take: Take, control: str, name: str) -> Shown:
    """Of a take of one frame. `name` is what the model calls a picture. Raises `BadRequest` without a depth to show."""
    plate = take.pictures[0]
    further: list[tuple[str, Tensor]] = []
    if take.style is not None:
        further.append(("style", take.style))
    held = control_of(take, 0, control)
    if held is not None:
        further.append((control, held))
    told = [_TOLD[kind].format(name=name, index=index) for index, (kind, _) in enumerate(further, 2)]
    return Shown((plate, *(picture for _, picture in further)), " ".join(told))
