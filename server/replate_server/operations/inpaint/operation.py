"""A clean plate: what a matte covers is made up from what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, cast

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.geometry import crop, pad
from replate_server.darkroom.matte import composite, feather, grow, matte_of
from replate_server.operations.contract import Delivery, Model, Steps, Tensor, Window
from replate_server.operations.inpaint.holes import Hole, holes
from replate_server.operations.pictures import checked, developed, same_windows
from replate_server.operations.spans import Span, part

_CONTEXT = 0.5
_LEAST_CONTEXT = 64


class Inpainter(Model, Protocol):
    """A model that fills holes."""

    def run(self, picture: Tensor, hole: Hole, parameters: Mapping[str, Value], seed: int, steps: Steps) -> Tensor:
        """The picture [height, width, 3] filled where `hole` [height, width] is true; what is elsewhere is not used."""


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
            filled = _filled(model, window, number, development.display, share > 0, span)
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


def _filled(model: Inpainter, window: Window, number: int, picture: Tensor, hole: Hole, steps: Steps) -> Tensor:
    filled, open_ = picture.copy(), hole.copy()
    sizes = model.card.sizes
    each = list(holes(hole, _CONTEXT, _LEAST_CONTEXT))
    for index, (box, mine) in enumerate(each):
        span = part(steps, index, len(each), f"Cleaning frame {number}")
        span.progress(0.0)
        around, inside = pad(crop(filled, box), sizes.multiple, sizes.minimum)
        missing, _ = pad(crop(open_, box), sizes.multiple, sizes.minimum)
        made = model.run(around, missing, window.parameters, window.seed, Span(span, 0.1, 1.0))
        made = crop(checked(made, around.shape, model.card.name), inside)
        crop(filled, box)[mine] = made[mine]
        crop(open_, box)[mine] = False
    return filled
