"""Layers of a plate, back to front, each whole behind what lies before it, and exactly the plate at rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from replate.depth import Depth, samples
from replate.frame import DATA, Frame, PixelType
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.geometry import crop
from replate_server.operations.contract import Delivery, Steps, Tensor, Window
from replate_server.operations.flow.dis import Dis
from replate_server.operations.inpaint.filling import Inpainter
from replate_server.operations.layers.behind import Apart, completed
from replate_server.operations.layers.chosen import MOST
from replate_server.operations.layers.colours import Filled, coloured
from replate_server.operations.layers.exact import premultiplied
from replate_server.operations.layers.footage import ENCODINGS, Footage, Take, plate_colour
from replate_server.operations.layers.grouping import Grouping, grouped
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.layer import Layers
from replate_server.operations.layers.looking import looked
from replate_server.operations.spans import Span, part

_GROUPING = 0.5
"""Of the work, what grouping is by a model that does."""


class TakeApart:
    name = "layers"
    label = "Layers"
    tooltip = "Takes a plate apart in depth: layers back to front, each complete behind the nearer ones."
    roles: tuple[Role, ...] = (
        Role("plate", "Plate", "The footage to take apart."),
        Role("depth", "Depth", "How far each pixel is, as the depth operation or a renderer gives it.", RoleKind.ANY),
        Role("mattes", "Mattes", 'Objects to keep whole, a channel each: "dog.A".', RoleKind.ANY, False),
    )
    outputs: tuple[OutputPlate, ...] = (
        OutputPlate("layers", "Layers", 'Back to front, "layer1.R" to "layer1.A" and so on; premultiplied.'),
        OutputPlate("depths", "Depths", 'The distance of each layer, "layer1.Z", also where it is hidden.', (), True),
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "count",
            "Layers",
            ParameterType.WHOLE,
            0,
            "How many layers in all, the objects of the mattes included; 0 proposes a number.",
            0,
            MOST,
        ),
        Parameter(
            "softness",
            "Edge softness",
            ParameterType.REAL,
            1.0,
            "How wide an edge may be that follows the picture: 1 is 0.4 % of the width on either side; 0 is hard.",
            0.0,
            8.0,
        ),
        Parameter(
            "step",
            "Depth step",
            ParameterType.REAL,
            0.05,
            "What counts as an edge in depth, in parts of the whole depth of the shot. Less finds more regions.",
            0.005,
            0.5,
        ),
        Parameter(
            "grow",
            "Grow",
            ParameterType.REAL,
            1.0,
            "How far around a nearer layer no colour is taken for what is behind it: 1 is 0.4 % of the width.",
            0.0,
            8.0,
        ),
        Parameter(
            "encoding",
            "Depth is",
            ParameterType.CHOICE,
            ENCODINGS[0],
            "How depth is written that does not say so itself: a renderer's Z channel is Z, Nuke's depth.Z is 1/Z.",
            choices=ENCODINGS,
        ),
    )
    default_model = "layers/migan"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Inpainter, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The layers and their depths of every frame; a still that is held is taken apart once."""
        knobs, steps = _knobs(window.parameters), Span(steps)
        tracker = Dis()
        tracker.load({}, "cpu")
        numbers = window.numbers[:1] if _held(window) else window.numbers
        footage = Footage.of(window, steps, numbers)
        if isinstance(model, Grouping):
            footage = footage.having(grouped(model, footage, tracker, knobs, Span(steps, 0.0, _GROUPING)))
            steps = Span(steps, _GROUPING, 1.0)
        found = looked(footage, tracker, knobs, Span(steps, 0.0, 0.2))
        names = found.choice.names(footage.names)
        if knobs.count and len(names) != knobs.count:
            steps.warn(_otherwise(knobs.count, len(names), len(footage.names)))
        apart = Apart(footage, found, knobs)
        pictures = completed(apart, model, tracker, window.parameters, window.seed, Span(steps, 0.2, 0.9))
        for index, (number, filled) in enumerate(pictures):
            span = part(Span(steps, 0.9, 1.0), index, len(numbers), f"Putting the layers of frame {number} together")
            span.progress(0.0)
            take = footage.take(number)
            layers = _layers(take, apart, number, filled, names)
            made = _layer_frame(take.plate, layers), _depth_frame(take.plate, layers, footage.meaning(number), footage)
            for one in window.numbers if _held(window) else (number,):
                for output, frame in zip(("layers", "depths"), made, strict=True):
                    yield Delivery(output, Frame(replace(frame.spec, number=one), frame.pixels))


def _knobs(parameters: Mapping[str, Value]) -> Knobs:
    return Knobs(
        count=int(cast(int, parameters["count"])),
        softness=float(cast(float, parameters["softness"])),
        step=float(cast(float, parameters["step"])),
        grow=float(cast(float, parameters["grow"])),
    )


def _held(window: Window) -> bool:
    """Whether every frame is the same: a still, held."""
    roles = [role for role in ("plate", "depth", "mattes") if window.has(role)]
    shown = {tuple(window.digest(role, number) for role in roles) for number in window.numbers}
    return len(window.numbers) > 1 and len(shown) == 1


def _otherwise(count: int, found: int, objects: int) -> str:
    if found > count:
        return f"There are {found} layers, not {count}: one for each of {objects} objects, and what is behind them."
    return f"There are {found} layers, not {count}: the depth has no more to part."


def _layers(take: Take, apart: Apart, number: int, filled: Sequence[Tensor], names: Sequence[str]) -> Layers:
    """A frame's layers over its data window, in its working space."""
    parts = apart.parts(number).cropped(take.inside)
    picture = take.colour()
    fills = []
    for layer, shown in enumerate(filled):
        wanted = crop(apart.holes(number, layer)[1], take.inside)
        if not wanted.any():
            fills.append(Filled(picture, wanted))
            continue
        made = take.development.finish(np.ascontiguousarray(crop(shown, take.inside)))
        fills.append(Filled(np.where(wanted[..., None], np.asarray(made.pixels, np.float32), picture), wanted))
    return coloured(picture, fills, parts, names)


def _layer_frame(plate: Frame, layers: Layers) -> Frame:
    channels = tuple(f"{layer.name}.{channel}" for layer in layers for channel in "RGBA")
    spec = replace(plate.spec, channels=channels, pixel_type=PixelType.HALF, depth=None)
    return Frame(spec, np.ascontiguousarray(np.dstack(premultiplied(layers, plate_colour(plate)))))


def _depth_frame(plate: Frame, layers: Layers, meaning: Depth | None, footage: Footage) -> Frame:
    """The layers' distances, written as the depth was that they come from."""
    near = footage.nearest
    far = max(near, *(float(layer.depth.max()) for layer in layers))
    said = meaning or Depth(metric=False, inverse=footage.inverse, near=near, far=float("inf"))
    depth = replace(said, near=near, far=max(said.far, far))
    planes = np.dstack([samples(layer.depth, depth) for layer in layers])
    channels = tuple(f"{layer.name}.Z" for layer in layers)
    spec = replace(plate.spec, channels=channels, pixel_type=PixelType.FLOAT, colour_space=DATA, depth=depth)
    return Frame(spec, np.ascontiguousarray(planes, np.float32))
