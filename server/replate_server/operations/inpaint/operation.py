"""A clean plate: what a matte covers is taken from other frames, and made up where none shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.matte import composite
from replate_server.operations.contract import Delivery, Steps, Tensor, Window
from replate_server.operations.flow.dis import Dis
from replate_server.operations.inpaint.filling import Inpainter
from replate_server.operations.inpaint.plates import Plates, check_leaves_some, looked_at
from replate_server.operations.inpaint.shot import filled
from replate_server.operations.spans import part


class Inpaint:
    name = "inpaint"
    label = "Inpaint"
    tooltip = "Removes what a matte covers: a clean plate, from what other frames show, and made up where none does."
    roles: tuple[Role, ...] = (
        Role("plate", "Plate", "The footage to clean."),
        Role("matte", "Matte", "Covers what is to go.", RoleKind.MATTE),
    )
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "The clean plate."),)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "threshold",
            "Threshold",
            ParameterType.REAL,
            0.1,
            "What the matte covers by more than this goes.",
            0.0,
            0.99,
        ),
        Parameter(
            "grow",
            "Grow",
            ParameterType.WHOLE,
            4,
            "Pixels by which the hole is larger than the matte.",
            0,
            200,
        ),
        Parameter(
            "feather",
            "Feather",
            ParameterType.REAL,
            2.0,
            "Pixels over which the fill blends into the plate, outside the grown matte.",
            0.0,
            100.0,
        ),
        Parameter(
            "other_frames",
            "Other frames",
            ParameterType.FLAG,
            True,
            "First shows what other frames really saw there. Off, every frame is made up by itself, and flickers.",
        ),
    )
    default_model = "inpaint/migan"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Inpainter, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The clean plate; outside the feathered hole its pixels are the plate's, bit for bit."""
        shots = [(window.numbers, looked_at(window))]
        if not window.parameters["other_frames"]:
            shots = [((number,), (number,)) for number in window.numbers]
        tracker = Dis()
        tracker.load({}, "cpu")
        for index, (numbers, context) in enumerate(shots):
            span = part(steps, index, len(shots), f"Cleaning frame {numbers[0]}")
            plates = Plates.of(window, span, numbers, context)
            for number in numbers:
                span.progress(0.0)
                check_leaves_some(plates.share(number), number)
            for number, picture in filled(plates, model, tracker, window.parameters, window.seed, span):
                yield Delivery("plate", _finished(plates, number, picture))


def _finished(plates: Plates, number: int, picture: Tensor) -> Frame:
    share = plates.share(number)
    plate = plates.window.frame("plate", number)
    if not share.any():
        return plate
    return composite(plates.development(number).finish(plates.filled(number, picture)), plate, share)
