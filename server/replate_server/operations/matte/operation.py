"""Soft coverage of what stands out, over the plate's data window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, cast

from replate.values import OutputPlate, Parameter, ParameterType, Role, Value
from replate_server.operations.contract import Delivery, Model, Steps, Tensor, Window
from replate_server.operations.edges import follow
from replate_server.operations.pictures import checked, data_beside, developed
from replate_server.operations.spans import Span, part


class Matter(Model, Protocol):
    """A model that finds coverage."""

    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """Coverage [rows, columns, 1] in [0,1] of the whole picture, at whatever resolution the model has it."""


class Matte:
    name = "matte"
    label = "Matte"
    tooltip = "Finds what stands out of the plate, as a soft matte, without a click."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "The footage to look at."),)
    outputs: tuple[OutputPlate, ...] = (
        OutputPlate("matte", "Matte", "1 where the subject covers the pixel.", ("A",), True),
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "edge_radius",
            "Edge radius",
            ParameterType.WHOLE,
            1,
            "How far the matte's edge may move to meet the picture's, in pixels of the model; 0 leaves it.",
            0,
            32,
        ),
    )
    default_model = "matte/modnet"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Matter, window: Window, steps: Steps) -> Iterator[Delivery]:
        """A matte a frame."""
        radius = int(cast(int, window.parameters["edge_radius"]))
        for index, number in enumerate(window.numbers):
            span = part(steps, index, len(window.numbers), f"Matting frame {number}")
            span.progress(0.0)
            picture = developed(window, "plate", number, span).display
            span.progress(0.1)
            coverage = model.run(picture, window.parameters, Span(span, 0.1, 0.9))
            coarse = checked(coverage, (0, 0, 1), model.card.name)[..., 0]
            span.progress(0.9)
            matte = follow(picture, coarse, radius)
            yield Delivery("matte", data_beside(window.frame("plate", number), ("A",), matte[..., None]))
