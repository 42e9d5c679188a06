"""A clean plate: what a matte covers is made up from what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.matte import composite, feather, grow, matte_of
from replate_server.operations.contract import Delivery, Steps, Tensor, Window
from replate_server.operations.inpaint.filling import Inpainter, fill
from replate_server.operations.pictures import developed, same_windows
from replate_server.operations.spans import part


class Inpaint:
    name = "inpaint"
    label = "Inpaint"
    tooltip = "Removes what a matte covers and makes up what lay behind it: a clean plate."
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
    )
    default_model = "inpaint/migan"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Inpainter, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The clean plate; outside the feathered hole its pixels are the plate's, bit for bit."""
        for index, number in enumerate(window.numbers):
            span = part(steps, index, len(window.numbers), f"Cleaning frame {number}")
            span.progress(0.0)
            plate = window.frame("plate", number)
            share = _share(window, plate, number)
            if not share.any():
                yield Delivery("plate", plate)
                continue
            development = developed(window, "plate", number, span)
            filled = fill(model, development.display, share > 0, window.parameters, window.seed, span)
            yield Delivery("plate", composite(development.finish(filled), plate, share))


def _share(window: Window, plate: Frame, number: int) -> Tensor:
    """How much of each pixel is made up: 1 in the grown matte, falling to 0 around it."""
    parameters = window.parameters
    frame = window.frame("matte", number)
    same_windows(plate, frame, "matte")
    covered = matte_of(frame, plate.spec.data_window) > float(cast(float, parameters["threshold"]))
    softness = float(cast(float, parameters["feather"]))
    reach = int(np.ceil(softness))
    share = feather(grow(covered.astype(np.float32), int(cast(int, parameters["grow"])) + reach), softness)
    if covered.any() and (share > 0).all():
        raise BadRequest(
            f"The matte of frame {number} covers the whole picture, and nothing is left to fill it from; "
            "make the matte, grow or feather smaller."
        )
    return share
