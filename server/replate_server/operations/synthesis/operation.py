"""A picture in the manner of another, where pictures that belong to both say what goes where."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.finite import finite
from replate_server.operations.contract import Delivery, Model, Steps, Tensor, Window
from replate_server.operations.pictures import checked
from replate_server.operations.spans import part
from replate_server.operations.synthesis.problem import Guide

_RGB = ("R", "G", "B")
_PLAIN = "rgba"
"""The layer of channels that name none, as Nuke has it."""


class Synthesizer(Model, Protocol):
    """A model that puts pictures together."""

    def run(
        self, style: Tensor, guides: Sequence[Guide], parameters: Mapping[str, Value], seed: int, steps: Steps
    ) -> Tensor:
        """The target [target height, target width, 3] of a style [height, width, 3] and guides."""


class Synthesize:
    name = "synthesize"
    label = "Synthesize"
    tooltip = "Paints the plate with pieces of a picture: guides that both have say which piece goes where."
    roles: tuple[Role, ...] = (
        Role("plate", "Plate", "The plate's guides, each a layer: render passes, colour, edges.", RoleKind.ANY),
        Role("style", "Style", "The picture whose pieces are used: its R, G and B as they are.", RoleKind.STILL),
        Role("source", "Source", "The style's guides: the plate's layers, in the style's format.", RoleKind.STILL),
    )
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "The plate in the style's colours.", _RGB),)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "weights",
            "Weights",
            ParameterType.TEXT,
            "",
            'What each guide counts against the style, by its layer: "diffuse=2 normals=0.5"; others count 1.',
        ),
    )
    default_model = "synthesize/patches"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Raises `BadRequest` for weights that are none."""
        _weights(str(parameters["weights"]))

    def run(self, model: Synthesizer, window: Window, steps: Steps) -> Iterator[Delivery]:
        """A picture a frame, each by itself; pixels are taken as they are, whatever their colour space."""
        weights = _weights(str(window.parameters["weights"]))
        for index, number in enumerate(window.numbers):
            span = part(steps, index, len(window.numbers), f"Painting frame {number}")
            span.progress(0.0)
            plate, look, source = (window.frame(role, number) for role in ("plate", "style", "source"))
            style = _colours(look)
            made = model.run(style, _guides(plate, source, weights), window.parameters, window.seed, span)
            height, width = plate.spec.shape[:2]
            painted = checked(made, (height, width, 3), model.card.name)
            yield Delivery("plate", _as(plate, look, painted))


def _weights(text: str) -> dict[str, float]:
    """By layer. Raises `BadRequest`."""
    weights = {}
    for word in text.replace(",", " ").split():
        name, equals, amount = word.rpartition("=")
        try:
            weight = float(amount)
        except ValueError:
            weight = math.nan
        if not equals or not name or not (math.isfinite(weight) and weight >= 0):
            raise BadRequest(f'"{word[:60]}" is no weight of a guide; write LAYER=NUMBER, such as diffuse=2.')
        weights[name] = weight
    return weights


def _guides(plate: Frame, source: Frame, weights: Mapping[str, float]) -> list[Guide]:
    """A guide for each layer of the source."""
    layers: dict[str, list[str]] = {}
    for channel in source.spec.channels:
        layers.setdefault(channel.rpartition(".")[0] or _PLAIN, []).append(channel)
    for channel in source.spec.channels:
        if channel not in plate.spec.channels:
            raise BadRequest(
                f"The source has the channel {channel} and the plate has not: it has "
                f"{', '.join(plate.spec.channels)}; give both the same layers."
            )
    for layer in weights:
        if layer not in layers:
            raise BadRequest(f'There is a weight for the guide "{layer}", which is none of {", ".join(layers)}.')
    there, here = _in_format(source), _pixels(plate)
    return [
        Guide(
            there[..., [source.spec.channels.index(channel) for channel in channels]],
            here[..., [plate.spec.channels.index(channel) for channel in channels]],
            weights.get(layer, 1.0),
        )
        for layer, channels in layers.items()
    ]


def _colours(style: Frame) -> Tensor:
    """A style's R, G and B; its first channel three times where it has not all."""
    names = style.spec.channels
    places = [names.index(name) for name in _RGB] if set(_RGB) <= set(names) else [0, 0, 0]
    return _in_format(style)[..., places]


def _pixels(frame: Frame) -> Tensor:
    return finite(np.asarray(frame.pixels, np.float32))[0]


def _in_format(frame: Frame) -> Tensor:
    """A frame's pixels over its display window, 0 where there are none."""
    data, display = frame.spec.data_window, frame.spec.display_window
    if data == display:
        return _pixels(frame)
    both = data.intersection(display)
    planes = np.zeros((display.height, display.width, frame.spec.shape[2]), np.float32)
    planes[both.y - display.y : both.bottom - display.y, both.x - display.x : both.right - display.x] = _pixels(frame)[
        both.y - data.y : both.bottom - data.y, both.x - data.x : both.right - data.x
    ]
    return planes


def _as(plate: Frame, style: Frame, painted: Tensor) -> Frame:
    """The plate's frame with the style's kind of pixels."""
    look = style.spec
    spec = replace(
        plate.spec,
        channels=_RGB,
        pixel_type=look.pixel_type,
        colour_space=look.colour_space,
        depth=None,
        figures=(),
    )
    pixels: Any = np.ascontiguousarray(painted, look.pixel_type.dtype)
    return Frame(spec, pixels)
