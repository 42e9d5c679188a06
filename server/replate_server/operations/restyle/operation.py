"""The plate in another manner, wholly or on one side of a matte, and held still in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import cast

import numpy as np

from replate.frame import Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.highlights import with_highlights, without_highlights
from replate_server.darkroom.matte import composite, feather, matte_of
from replate_server.operations.contract import Card, Delivery, Model, Steps, Tensor, Window, Windows
from replate_server.operations.pictures import developed, same_windows
from replate_server.operations.restyle.colours import with_colours_of
from replate_server.operations.restyle.holding import held
from replate_server.operations.restyle.keyframes import keyframe
from replate_server.operations.restyle.keys import Keys
from replate_server.operations.restyle.measuring import Measuring
from replate_server.operations.restyle.painting import Painting, Restyler
from replate_server.operations.restyle.smaller import SIZES, Smaller, enlarged
from replate_server.operations.shot import Shot
from replate_server.operations.spans import Span, part

HOLDS = ("keyframes", "frames")
AREAS = ("subject", "world")

_TOGETHER = 8
"""Frames of a window that are painted each by itself."""
_FADE = 0.2
"""Below this strength the result fades into the plate: a model at strength 0 still repaints it."""
_AFTERWARDS = ("keep_colour", "hold", "key_every", "area", "matte_feather", "size", "figures")
"""Parameters that a frame as a model paints it does not depend on."""


class Restyle:
    name = "restyle"
    label = "Restyle"
    tooltip = "Paints the plate in another manner, wholly or inside a matte, and holds it still in time."
    roles: tuple[Role, ...] = (
        Role("plate", "Plate", "The footage to restyle."),
        Role("style", "Style", "A picture in whose manner it is painted.", RoleKind.STILL, False),
        Role(
            "matte",
            "Matte",
            "Limits the restyle to one side of it: on the other the plate stays as it is.",
            RoleKind.MATTE,
            False,
        ),
        Role(
            "motion",
            "Motion",
            "What keyframes are carried along: motion vectors of a renderer. Without it motion is measured.",
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
        Role(
            "keyframes",
            "Keyframes",
            "Finished frames of the plate, painted by hand or by any model: they are kept, and carried to the others.",
            RoleKind.KEYS,
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
            "hold",
            "Hold by",
            ParameterType.CHOICE,
            HOLDS[0],
            "Keyframes: a few frames are painted and carried to the others, which holds the restyle still. Frames: "
            "each is painted by itself. Models that see many frames at once hold still by themselves.",
            choices=HOLDS,
            group="Hold",
        ),
        Parameter(
            "key_every",
            "Keyframe every",
            ParameterType.WHOLE,
            12,
            "Frames after which a keyframe is painted at the latest; it is sooner where much has changed.",
            1,
            100,
            group="Hold",
        ),
        Parameter(
            "area",
            "Restyle the",
            ParameterType.CHOICE,
            AREAS[0],
            "With a matte: the subject is what lies inside it, the world all else.",
            choices=AREAS,
            group="Matte",
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
        Parameter(
            "size",
            "Size",
            ParameterType.CHOICE,
            "full",
            "Half and quarter are for trying things quickly: what is painted that small is enlarged to the plate.",
            choices=tuple(SIZES),
            group="Result",
        ),
        Parameter(
            "figures",
            "Measure",
            ParameterType.FLAG,
            True,
            "Says how still each frame is, how near the style, and how much of the plate's structure is left.",
            group="Result",
        ),
    )
    default_model = "restyle/adain"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def windows(self, card: Card, inputs: Collection[str], parameters: Mapping[str, Value]) -> Windows:
        """The whole shot where keyframes are carried through it; else a few frames, which are compared."""
        own = card.windows
        if _carries(card, inputs, parameters):
            return Windows(length=None)
        return Windows(_TOGETHER, own.before, own.after) if own.length == 1 else own

    def run(self, model: Model, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The restyled plate; where the matte leaves it out, and at strength 0, it is the plate's own pixels bit for
        bit."""
        parameters, steps = window.parameters, Span(steps)
        divisor = SIZES[cast(str, parameters["size"])]
        seen = Smaller(window, divisor) if divisor > 1 else window
        measuring = Measuring(window) if parameters["figures"] else None
        if parameters["strength"] == 0:
            yield from (Delivery("plate", window.frame("plate", number)) for number in window.numbers)
            return
        shot = Shot(seen, "plate", steps)
        wanted = [number for number in window.numbers if _restyled(window, number)]
        for number, painted in _each(window.numbers, _painted(model, seen, shot, wanted, steps)):
            plate = window.frame("plate", number)
            if painted is None:
                yield Delivery("plate", plate)
                continue
            matte = _matte(window, number)
            development = developed(window, "plate", number, steps)
            display, over = development.display, enlarged(painted, shot.box, divisor, plate.spec.data_window)
            mixed = _mixed(model, parameters, without_highlights(display, display), over)
            lit = with_highlights(mixed, display)
            restyled = development.finish(lit)
            if matte is not None:
                restyled = composite(restyled, plate, matte)
                lit = display + (lit - display) * matte[..., None]
            if measuring is not None:
                figures = measuring.of(number, display, lit, Span(steps, 0.0, 0.0))
                restyled = Frame(replace(restyled.spec, figures=figures), restyled.pixels)
            yield Delivery("plate", restyled)


def _carries(card: Card, inputs: Collection[str], parameters: Mapping[str, Value]) -> bool:
    """Whether keyframes are carried; a model that sees several frames at once holds still by itself."""
    alone = card.windows.length == 1
    return "keyframes" in inputs or (alone and parameters["hold"] == HOLDS[0])


def _painted(
    model: Model, window: Window, shot: Shot, wanted: Sequence[int], steps: Steps
) -> Iterator[tuple[int, Tensor | None]]:
    """The wanted frames, rising, painted over the shot's box without highlights; None where there is nothing to paint
    one by."""
    inputs = [role for role in ("keyframes",) if window.has(role)]
    painting = Painting(model, window, _AFTERWARDS) if isinstance(model, Restyler) else None

    def paint(number: int, steps: Steps) -> Tensor:
        assert painting is not None
        own = window.frame("plate", number).spec.data_window
        picture = reframe(shot.picture(number), shot.box, own)
        painted = painting.of(number, without_highlights(picture, picture), steps)
        over: Tensor = reframe(painted, own, shot.box, "edge")
        return over

    if not _carries(model.card, inputs, window.parameters):
        for index, number in enumerate(wanted):
            span = part(steps, index, len(wanted), f"Restyling frame {number}")
            span.progress(0.0)
            yield number, paint(number, span)
            span.progress(1.0)
        return
    numbers = window.given("keyframes") if inputs else ()
    given = {number: partial(keyframe, window, number, shot, steps) for number in numbers}
    keys = Keys(given, paint if painting is not None else None, int(cast(int, window.parameters["key_every"])))
    bare: list[int] = []
    for number, painted in held(window, shot, keys, wanted, steps, getattr(model, "device", "cpu")):
        if painted is None:
            bare.append(number)
        yield number, painted
    if bare:
        steps.warn(
            f"Frames {bare[0]}-{bare[-1]} lie beyond a cut and have no keyframe, so they stay as they are: paint one "
            "of them."
        )


def _each(numbers: Iterable[int], painted: Iterator[tuple[int, Tensor | None]]) -> Iterator[tuple[int, Tensor | None]]:
    """All numbers, rising, with what was painted of some."""
    left = iter(numbers)
    for number, picture in painted:
        yield from ((other, None) for other in takewhile(number.__ne__, left))
        yield number, picture
    yield from ((other, None) for other in left)


def _restyled(window: Window, number: int) -> bool:
    """Whether a frame's matte leaves anything to restyle; softening it changes nothing of that."""
    given = _given_matte(window, number)
    return given is None or bool((given > 0 if _subject(window) else given < 1).any())


def _matte(window: Window, number: int) -> Tensor | None:
    """Where the plate is restyled, [height, width] over its data window; None: everywhere."""
    given = _given_matte(window, number)
    if given is None:
        return None
    matte = feather(given, float(cast(float, window.parameters["matte_feather"])))
    return matte if _subject(window) else 1 - matte


def _given_matte(window: Window, number: int) -> Tensor | None:
    if not window.has("matte"):
        return None
    plate, frame = window.frame("plate", number), window.frame("matte", number)
    same_windows(plate, frame, "matte")
    return matte_of(frame, plate.spec.data_window)


def _subject(window: Window) -> bool:
    return window.parameters["area"] == AREAS[0]


def _mixed(model: Model, parameters: Mapping[str, Value], picture: Tensor, painted: Tensor) -> Tensor:
    """The painted picture with as much of the plate in it as was asked for."""
    if parameters["keep_colour"]:
        painted = with_colours_of(picture, painted)
    strength = float(cast(float, parameters["strength"]))
    share = min(strength / _FADE, 1.0) if isinstance(model, Restyler) else strength
    return painted if share == 1 else picture + (painted - picture) * np.float32(share)
