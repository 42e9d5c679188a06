"""The plate in another picture's manner, wholly or inside a matte."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from math import isqrt, sqrt
from typing import Any, Protocol, cast

import numpy as np

from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.development import develop
from replate_server.darkroom.geometry import pad
from replate_server.darkroom.matte import composite, feather, matte_of
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.tiles import tiled
from replate_server.operations.contract import Cached, Card, Delivery, Model, Sizes, Steps, Tensor, Window, Windows
from replate_server.operations.pictures import checked, developed, same_windows, whole_fits
from replate_server.operations.restyle.colours import with_colours_of
from replate_server.operations.restyle.steadying import REACH, WINDOW, sheet, steadied
from replate_server.operations.spans import Span, part

Pieces = Iterator[Tensor]

_LARGEST_STYLE = 16_000_000
"""Pixels beyond which a style is not enlarged."""
_FADE = 0.2
"""Below this strength the result fades into the plate: a model at strength 0 still repaints it."""
_AFTERWARDS = ("matte_feather", "steadiness")
"""Parameters that a frame's own restyle does not depend on."""


class Restyler(Model, Protocol):
    """A model that restyles."""

    def look(self, style: Callable[[], Pieces], name: str, whole: Callable[[], Pieces] | None, steps: Steps) -> Any:
        """What `run` needs to know of the style and of the whole picture, so that tiles agree.

        `style` gives the style's picture at the scale in which it is to be seen, in pieces that the model takes and
        that do not overlap; `name` names it with its size, and what was found out of it may be kept under that name.
        `whole` gives the plate's picture likewise, and is None when `run` will see it all at once.
        """

    def run(self, picture: Tensor, look: Any, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """The picture, or a tile of it, restyled: the same height and width."""


class Restyle:
    name = "restyle"
    label = "Restyle"
    tooltip = "Paints the plate in the manner of a style picture, wholly or inside a matte."
    roles: tuple[Role, ...] = (
        Role("plate", "Plate", "The footage to restyle."),
        Role("style", "Style", "A picture in whose manner it is painted.", RoleKind.STILL),
        Role(
            "matte",
            "Matte",
            "Limits the restyle: outside it the plate stays as it is.",
            RoleKind.MATTE,
            False,
        ),
        Role(
            "motion",
            "Motion",
            "Holds the restyle still along it: motion vectors of the flow operation or a renderer.",
            RoleKind.ANY,
            False,
        ),
        Role(
            "depth",
            "Depth",
            "With motion: tells things at different distances apart, where one hides another.",
            RoleKind.ANY,
            False,
        ),
    )
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "The plate restyled."),)
    parameters: tuple[Parameter, ...] = (
        Parameter("strength", "Strength", ParameterType.REAL, 1.0, "0 is the plate, 1 the style in full.", 0.0, 1.0),
        Parameter(
            "keep_colour",
            "Keep colour",
            ParameterType.FLAG,
            False,
            "Takes brightness and strokes from the style, and colours from the plate.",
        ),
        Parameter(
            "style_scale",
            "Style scale",
            ParameterType.REAL,
            1.0,
            "Size of the style picture against the plate; smaller gives finer strokes.",
            0.25,
            4.0,
        ),
        Parameter(
            "steadiness",
            "Steadiness",
            ParameterType.REAL,
            0.8,
            "How much of a frame's look comes from its neighbours along the motion, where that is connected; 0 is each "
            "frame for itself.",
            0.0,
            1.0,
        ),
        Parameter(
            "matte_feather",
            "Matte feather",
            ParameterType.REAL,
            0.0,
            "Pixels by which the matte's edge is softened.",
            0.0,
            200.0,
            group="Matte",
        ),
    )
    default_model = "restyle/adain"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def windows(self, card: Card, inputs: Collection[str], parameters: Mapping[str, Value]) -> Windows:
        """With motion, also the frames around that a frame is joined with."""
        own = card.windows
        if not _steadiness(inputs, parameters) or own.length is None:
            return own
        return Windows(max(own.length, WINDOW), max(own.before, REACH), max(own.after, REACH))

    def run(self, model: Restyler, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The restyled plate; where the matte is 0, and at strength 0, it is the plate's own pixels bit for bit."""
        for index, number in enumerate(window.numbers):
            span = part(steps, index, len(window.numbers), f"Restyling frame {number}")
            span.progress(0.0)
            plate = window.frame("plate", number)
            matte = _matte(window, plate, number)
            if window.parameters["strength"] == 0 or (matte is not None and not matte.any()):
                yield Delivery("plate", plate)
                continue
            development = developed(window, "plate", number, span)
            painted = _painted(model, window, number, development.display, span)
            restyled = development.finish(_mixed(window.parameters, development.display, painted))
            span.progress(1.0)
            yield Delivery("plate", restyled if matte is None else composite(restyled, plate, matte))


def _matte(window: Window, plate: Frame, number: int) -> Tensor | None:
    if not window.has("matte"):
        return None
    frame = window.frame("matte", number)
    same_windows(plate, frame, "matte")
    softness = float(cast(float, window.parameters["matte_feather"]))
    return feather(matte_of(frame, plate.spec.data_window), softness)


def _steadiness(inputs: Collection[str], parameters: Mapping[str, Value]) -> float:
    return float(cast(float, parameters["steadiness"])) if "motion" in inputs else 0.0


def _painted(model: Restyler, window: Window, number: int, picture: Tensor, steps: Steps) -> Tensor:
    """What the model makes of a frame, joined with its neighbours where there is motion to follow."""
    steadiness = _steadiness([role for role in ("motion",) if window.has(role)], window.parameters)
    if not steadiness:
        return _by_itself(model, window, number, picture, steps)

    def kept(one: int, steps: Steps) -> Cached:
        def make() -> Cached:
            shown = picture if one == number else develop(window.frame("plate", one), window.colour_config).display
            return sheet(_by_itself(model, window, one, shown, steps), shown)

        card = model.card
        given = {name: value for name, value in window.parameters.items() if name not in _AFTERWARDS}
        style = _style_name(window, one, *_style_size(window, one, model.card.sizes))
        name = f"{card.name} {card.revision} {' '.join(card.weights)} {given}"
        return steps.cached(f"restyle 1 {name} {_picture_name(window, 'plate', one)} {style}", make)

    return steadied(window, number, steadiness, kept, steps)


def _mixed(parameters: Mapping[str, Value], picture: Tensor, painted: Tensor) -> Tensor:
    """The model's picture with as much of the plate in it as was asked for."""
    if parameters["keep_colour"]:
        painted = with_colours_of(picture, painted)
    strength = float(cast(float, parameters["strength"]))
    if strength < _FADE:
        painted = picture + (painted - picture) * np.float32(strength / _FADE)
    return painted


def _by_itself(model: Restyler, window: Window, number: int, picture: Tensor, steps: Steps) -> Tensor:
    height, width = picture.shape[:2]
    sizes = model.card.sizes
    style_width, style_height = _style_size(window, number, sizes)

    def style() -> Pieces:
        seen = developed(window, "style", number, steps).display
        return _pieces(resize(seen, style_width, style_height, Nature.COLOUR), sizes)

    whole = None if whole_fits(height, width, sizes) else lambda: _pieces(picture, sizes)
    name = _style_name(window, number, style_width, style_height)
    look = model.look(style, name, whole, Span(steps, 0.0, 0.3))
    done = 0.0

    def work(tile: Tensor) -> Tensor:
        left = Span(steps, 0.3 + 0.7 * done, 0.3 + 0.7 * min(done + tile.size / 3 / (height * width), 1.0))
        return checked(model.run(tile, look, window.parameters, left), (*tile.shape[:2], 3), model.card.name)

    def tick(fraction: float) -> None:
        nonlocal done
        done = fraction

    return tiled(
        picture,
        work,
        most_pixels=sizes.most_pixels,
        overlap=sizes.overlap,
        multiple=sizes.multiple,
        minimum=sizes.minimum,
        tick=tick,
    )


def _style_size(window: Window, number: int, sizes: Sizes) -> tuple[int, int]:
    """Width and height of the style: as many pixels as the plate has, by the artist's scale."""
    plate, box = (window.frame(role, number).spec.data_window for role in ("plate", "style"))
    scale = float(cast(float, window.parameters["style_scale"]))
    area = min(plate.width * plate.height * scale**2, _LARGEST_STYLE)
    scale = sqrt(area / max(box.width * box.height, 1))
    least = max(sizes.minimum, sizes.multiple)
    return max(round(box.width * scale), least), max(round(box.height * scale), least)


def _style_name(window: Window, number: int, width: int, height: int) -> str:
    return f"{_picture_name(window, 'style', number)} {width}x{height}"


def _picture_name(window: Window, role: str, number: int) -> str:
    """Names all that a frame's picture depends on."""
    spec = window.frame(role, number).spec
    box = spec.data_window
    return (
        f"{window.digest(role, number)} {box.width}x{box.height} {spec.pixel_type.value} {','.join(spec.channels)} "
        f"{spec.colour_space} {window.colour_config}"
    )


def _pieces(picture: Tensor, sizes: Sizes) -> Pieces:
    """A picture cut up, each piece as large as a model takes it at most."""
    height, width = picture.shape[:2]
    side = isqrt(sizes.most_pixels) if sizes.most_pixels else max(height, width)
    side = max(side // sizes.multiple * sizes.multiple, sizes.minimum)
    rows, columns = -(-height // side), -(-width // side)
    for row in range(rows):
        for column in range(columns):
            piece = picture[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            yield pad(piece, sizes.multiple, sizes.minimum)[0]
