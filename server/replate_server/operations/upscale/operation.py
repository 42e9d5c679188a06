"""The plate several times as large: what is there sharper than a filter has it, and nothing of it lost.

A model sees colour alone, display-referred and without alpha. Alpha and all other channels are enlarged by a filter,
and so is the frame that the model's picture is finished against: it is no brighter than what the plate shows there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import cast

import numpy as np

from replate.errors import Failed
from replate.frame import Box, FrameSpec
from replate.values import OutputPlate, Parameter, ParameterType, Role, Value
from replate_server.darkroom.alpha import LEAST
from replate_server.darkroom.development import Development, develop
from replate_server.darkroom.enlarging import enlarge, enlarged_spec, without_new_negatives
from replate_server.darkroom.geometry import crop, reframe, scaled
from replate_server.darkroom.range import BLACK
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.tiles import tiled
from replate_server.operations.contract import Delivery, Steps, Tensor, Window
from replate_server.operations.layers.extend import extend
from replate_server.operations.pictures import checked, developed, same_windows
from replate_server.operations.spans import Span
from replate_server.operations.upscale.clip import Clip, Enlarger

_SCALES = ("2x", "3x", "4x")
_VISIBLE = np.float32(BLACK + 1 / 255)
"""Light under no alpha that is darker is a renderer's noise."""


class Upscale:
    name = "upscale"
    label = "Upscale"
    tooltip = "Makes the plate larger, with the detail that a plain reformat leaves soft."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "The footage to enlarge."),)
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "The plate, larger."),)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "scale",
            "Scale",
            ParameterType.CHOICE,
            "2x",
            "How many times as wide and as high the format becomes. Reformat what comes back to any other.",
            choices=_SCALES,
        ),
        Parameter(
            "detail",
            "Detail",
            ParameterType.REAL,
            1.0,
            "1 is the model's picture, 0 a plain enlargement by a filter, between them a mix.",
            0.0,
            1.0,
        ),
    )
    default_model = "upscale/basicvsr"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def resized(self, spec: FrameSpec, parameters: Mapping[str, Value]) -> FrameSpec:
        """The spec of the plate that comes back."""
        return enlarged_spec(spec, _scale(parameters))

    def run(self, model: Enlarger, window: Window, steps: Steps) -> Iterator[Delivery]:
        """Each frame enlarged, over its data window; under its number, with all its channels."""
        scale, detail = _scale(window.parameters), float(cast(float, window.parameters["detail"]))
        first, *others = (window.frame("plate", number) for number in window.context)
        for other in others:
            same_windows(first, other, f"frame {other.spec.number}")
        box = reduce(Box.union, (other.spec.data_window for other in others), first.spec.data_window)
        seen = {}
        for number in window.context:
            steps.progress(0.0, "Reading the frames")
            seen[number] = _over(box, window, number, steps)
        made = _enlarged(model, window, seen, box, scale, Span(steps, 0.0, 0.9)) if detail else None
        for index, number in enumerate(window.numbers):
            steps.progress(0.9 + 0.1 * index / len(window.numbers), f"Finishing frame {number}")
            large = develop(enlarge(window.frame("plate", number), scale), window.colour_config)
            painted = resize(seen[number], box.width * scale, box.height * scale, Nature.COLOUR)
            if made is not None:
                picture = made[..., 3 * index : 3 * index + 3]
                painted = picture if detail == 1 else painted + np.float32(detail) * (picture - painted)
            own = large.frame.spec.data_window
            whole = scaled(box, scale)
            within = Box(own.x - whole.x, own.y - whole.y, own.width, own.height)
            finished = large.finish(np.ascontiguousarray(crop(painted, within)))
            yield Delivery("plate", without_new_negatives(finished, large.frame, scale))


def _scale(parameters: Mapping[str, Value]) -> int:
    return int(str(parameters["scale"]).rstrip("x"))


def _over(box: Box, window: Window, number: int, steps: Steps) -> Tensor:
    """A frame as the model sees it, over the box of all: beyond its data window the edge goes on."""
    if number in window.numbers:
        development = developed(window, "plate", number, steps)
    else:
        development = develop(window.frame("plate", number), window.colour_config)
    return np.asarray(reframe(_filled(development), development.frame.spec.data_window, box, "edge"), np.float32)


def _filled(development: Development) -> Tensor:
    """The picture of a frame, where nothing is seen under its alpha with the colours around that go on: what lies next
    to an edge must not be mixed with black."""
    frame, display = development.frame, development.display
    if "A" not in frame.spec.channels:
        return display
    known = (frame.channel("A").astype(np.float32) >= np.float32(LEAST)) | (display.max(axis=-1) > _VISIBLE)
    if known.all() or not known.any():
        return display
    return np.where(known[..., None], display, extend(display, known))


def _enlarged(
    model: Enlarger, window: Window, seen: Mapping[int, Tensor], box: Box, scale: int, steps: Steps
) -> Tensor:
    """The frames to deliver as the model has them, [height, width, 3 a frame] over the box."""
    sizes, name = model.card.sizes, model.card.name
    stack = np.concatenate([seen[number] for number in window.context], axis=-1)
    first = window.context.index(window.numbers[0])
    wanted = range(first, first + len(window.numbers))
    format_ = window.frame("plate", window.numbers[0]).spec.display_window
    corner = box.x - format_.x, box.y - format_.y
    done = 0.0

    def work(tile: Tensor) -> Tensor:
        rows, columns, planes = tile.shape
        pictures = np.ascontiguousarray(tile.reshape(rows, columns, planes // 3, 3).transpose(2, 0, 1, 3))
        clip = Clip(pictures, window.context, wanted, corner, window.seed)
        share = Span(steps, done, min(done + rows * columns / (box.height * box.width), 1.0), "Enlarging")
        pieces = [
            checked(piece, (rows * scale, columns * scale, 3), name)
            for piece in model.enlarge(clip, scale, window.parameters, share)
        ]
        if len(pieces) != len(wanted):
            raise Failed(
                f"The model {name} gave {len(pieces)} pictures of {len(wanted)}; its module must be put right."
            )
        return np.concatenate(pieces, axis=-1)

    def tick(fraction: float) -> None:
        nonlocal done
        done = fraction

    return tiled(
        stack,
        work,
        most_pixels=sizes.most_pixels,
        overlap=sizes.overlap,
        multiple=sizes.multiple,
        minimum=sizes.minimum,
        scale=scale,
        tick=tick,
    )
