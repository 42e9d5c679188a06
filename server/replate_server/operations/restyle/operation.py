"""The plate in another manner, wholly or on one side of a matte, and held still in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import cast

import numpy as np

from replate.frame import Figure, Frame
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.highlights import without_highlights
from replate_server.darkroom.matte import composite
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Card, Delivery, Model, Steps, Tensor, Window, Windows
from replate_server.operations.pictures import developed
from replate_server.operations.restyle.colours import with_colours_of
from replate_server.operations.restyle.filming import filmed
from replate_server.operations.restyle.holding import held
from replate_server.operations.restyle.keyframes import keyframe
from replate_server.operations.restyle.keys import Keys, Paint
from replate_server.operations.restyle.mattes import AREAS, MATTE, is_restyled, matte
from replate_server.operations.restyle.measuring import Measuring
from replate_server.operations.restyle.painting import Painting, Restyler
from replate_server.operations.restyle.repainting import Relighter, Repainter, seen_by, shown_of
from replate_server.operations.restyle.smaller import SIZES, Smaller, enlarged, whole
from replate_server.operations.restyle.takes import Takes
from replate_server.operations.shot import Shot
from replate_server.operations.spans import Span, part

HOLDS = ("keyframes", "frames")

_TOGETHER = 8
"""Frames of a window that are painted each by itself."""
_FADE = 0.2
"""Below this strength the result fades into the plate: a model at strength 0 still repaints it."""
_AFTERWARDS = ("keep_colour", "hold", "key_every", "tie_colour", "size", "detail", "figures")
"""Parameters that a frame as a model paints it does not depend on."""
_TAKES = ("style_scale", *_AFTERWARDS)
"""Likewise, where it is painted of takes."""


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
            "tie_colour",
            "Tie colours",
            ParameterType.FLAG,
            True,
            "Of models that see many frames at once: takes out what their colours drift and jump, beyond the plate's "
            "own changes. Turn it off for colours that are meant to change, as of a sunset.",
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
            "detail",
            "Detail",
            ParameterType.REAL,
            1.0,
            "What is painted smaller than the plate gets the plate's fine detail back where it follows the plate; 0 "
            "leaves it as soft as it was painted.",
            0.0,
            1.0,
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
        wanted = [number for number in window.numbers if is_restyled(window, number)]
        for painted in _each(window.numbers, _painted(model, window, shot, wanted, steps)):
            number = painted.number
            plate = window.frame("plate", number)
            if painted.picture is None:
                yield Delivery("plate", plate)
                continue
            limit = matte(window, number)
            development = developed(window, "plate", number, steps)
            display = development.display
            seen_plate = seen_by(model, display)
            over = enlarged(
                painted.picture, whole(shot.box, divisor), seen_plate, plate.spec.data_window, _detail(window)
            )
            lit = shown_of(model, _mixed(model, parameters, seen_plate, over), display)
            restyled = development.finish(lit, model.light if isinstance(model, Relighter) else 1.0)
            if limit is not None:
                restyled = composite(restyled, plate, limit)
                lit = display + (lit - display) * limit[..., None]
            if measuring is not None:
                figures = (*measuring.of(number, display, lit, Span(steps, 0.0, 0.0)), *painted.figures)
                restyled = Frame(replace(restyled.spec, figures=figures), restyled.pixels)
            yield Delivery("plate", restyled)


@dataclass(frozen=True, slots=True, eq=False)
class _Painted:
    """A frame that was painted."""

    number: int
    picture: Tensor | None = None
    """[rows, columns, 3] of any size over the shot's box, in [0,1] as a `Take` is; None where there is
    nothing to paint it by."""
    figures: tuple[Figure, ...] = ()


def _carries(card: Card, inputs: Collection[str], parameters: Mapping[str, Value]) -> bool:
    """Whether keyframes are carried; a model that sees several frames at once holds still by itself."""
    alone = card.windows.length == 1
    return "keyframes" in inputs or (alone and parameters["hold"] == HOLDS[0])


def _painted(model: Model, window: Window, shot: Shot, wanted: Sequence[int], steps: Steps) -> Iterator[_Painted]:
    """The wanted frames, rising. The shot's window is the given one, or that seen smaller."""
    parameters, seen = window.parameters, shot.window
    inputs = [role for role in ("keyframes",) if window.has(role)]
    numbers = window.given("keyframes") if inputs else ()
    takes = Takes(model, window, shot, _TAKES) if isinstance(model, Repainter) else None
    if takes is not None and isinstance(model, Repainter) and model.frames > 1:
        due = {number: partial(_sized, takes, seen, number, shot, steps) for number in numbers}
        for one in filmed(model, takes, shot, due, wanted, steps):
            # What leads the model comes out of it as it shows such things, and an artist's frame is kept.
            own = keyframe(seen, one.number, shot, steps, takes.light) if one.number in numbers else one.picture
            yield _Painted(one.number, own, one.figures)
        return
    paint = _painter(model, window, shot, takes)
    if paint is not None and not _carries(model.card, inputs, parameters):
        for index, number in enumerate(wanted):
            span = part(steps, index, len(wanted), f"Restyling frame {number}")
            span.progress(0.0)
            yield _Painted(number, paint(number, span))
            span.progress(1.0)
        return
    given = {number: partial(keyframe, seen, number, shot, steps) for number in numbers}
    keys = Keys(given, paint, int(cast(int, parameters["key_every"])))
    bare: list[int] = []
    for number, picture in held(seen, shot, keys, wanted, steps, getattr(model, "device", "cpu")):
        if picture is None:
            bare.append(number)
        yield _Painted(number, picture)
    if bare:
        steps.warn(
            f"Frames {bare[0]}-{bare[-1]} lie beyond a cut and have no keyframe, so they stay as they are: paint one "
            "of them."
        )


def _painter(model: Model, window: Window, shot: Shot, takes: Takes | None) -> Paint | None:
    """What paints a frame by itself; None for a model that does not."""
    if takes is not None:

        def repaint(number: int, steps: Steps) -> Tensor:
            picture = shot.picture(number)
            (painted,) = takes.repainted((number,), 0, {}, steps)
            return enlarged(painted, shot.box, seen_by(model, picture), shot.box, _detail(window))

        return repaint
    if not isinstance(model, Restyler):
        return None
    painting = Painting(model, shot.window, (*_AFTERWARDS, *MATTE))

    def paint(number: int, steps: Steps) -> Tensor:
        own = shot.window.frame("plate", number).spec.data_window
        picture = reframe(shot.picture(number), shot.box, own)
        painted = painting.of(number, without_highlights(picture, picture), steps)
        over: Tensor = reframe(painted, own, shot.box, "edge")
        return over

    return paint


def _sized(takes: Takes, window: Window, number: int, shot: Shot, steps: Steps) -> Tensor:
    """A finished keyframe at the takes' size."""
    given = keyframe(window, number, shot, steps, takes.light)
    sized: Tensor = resize(given, *takes.size, Nature.COLOUR)
    return sized.clip(0, 1)


def _each(numbers: Iterable[int], painted: Iterator[_Painted]) -> Iterator[_Painted]:
    """All numbers, rising, with what was painted of some."""
    left = iter(numbers)
    for one in painted:
        yield from (_Painted(other) for other in takewhile(one.number.__ne__, left))
        yield one
    yield from (_Painted(other) for other in left)


def _detail(window: Window) -> float:
    return float(cast(float, window.parameters["detail"]))


def _mixed(model: Model, parameters: Mapping[str, Value], picture: Tensor, painted: Tensor) -> Tensor:
    """The painted picture with as much of the plate in it as was asked for."""
    if parameters["keep_colour"]:
        painted = with_colours_of(picture, painted)
    strength = float(cast(float, parameters["strength"]))
    share = min(strength / _FADE, 1.0) if isinstance(model, Restyler | Repainter) else strength
    return painted if share == 1 else picture + (painted - picture) * np.float32(share)
