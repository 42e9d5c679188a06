"""Depth of a shot: one scale and shift for all of it, still in time, and at the plate's size.

The shot is gone through twice. First every frame is estimated and followed to the next, and what is found is kept
in the store at the model's resolution; out of that come the scale of each frame and the range of the shot. Then
frame by frame the estimates around are fused, brought to the plate's size and delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from replate import depth as values
from replate.errors import BadRequest, Failed
from replate.frame import Frame, PixelType
from replate.values import OutputPlate, Parameter, ParameterType, Role, Value
from replate_server.darkroom.development import colour_channels
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.motion import warp
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Delivery, Steps, Tensor, Window
from replate_server.operations.depth.affine import Affine, fit
from replate_server.operations.depth.clips import Clips
from replate_server.operations.depth.detail import detailed
from replate_server.operations.depth.estimator import Estimator
from replate_server.operations.depth.fuse import fused
from replate_server.operations.depth.range import Range, metric, relative
from replate_server.operations.depth.steadiness import steadied
from replate_server.operations.depth.tracks import Step, Tracks
from replate_server.operations.pictures import data_beside, developed
from replate_server.operations.shot import Shot
from replate_server.operations.spans import Span, part

_INVERSE, _DISTANCE = "1/Z", "Z"
_LOOKING = 0.6
"""Of the time, what is spent on the first pass."""
_SAMPLES = 4096
"""Places of a frame at which it is compared to others."""
_TOLERANCE = 0.12
"""Part of the shot's span by which estimates of one place may differ."""


class Depth:
    name = "depth"
    label = "Depth"
    tooltip = "Estimates how far away everything is, steadily through the shot."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "The footage to look at."),)
    outputs: tuple[OutputPlate, ...] = (
        OutputPlate("depth", "Depth", "Depth along the view axis, as 1/Z or Z.", (values.CHANNEL,), True),
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "encoding",
            "Encoding",
            ParameterType.CHOICE,
            _INVERSE,
            "1/Z as Nuke has it (0 is infinity), or the distance Z.",
            choices=(_INVERSE, _DISTANCE),
            group="Output",
        ),
        Parameter(
            "near",
            "Near",
            ParameterType.REAL,
            1.0,
            "The distance given to the nearest thing in the shot. Models that measure metres know it by themselves.",
            0.001,
            10_000.0,
            group="Output",
        ),
        Parameter(
            "far",
            "Far",
            ParameterType.REAL,
            20.0,
            "The distance given to the farthest thing in the shot. Models that measure metres know it by themselves.",
            0.001,
            1_000_000.0,
            group="Output",
        ),
        Parameter(
            "steady_frames",
            "Steady frames",
            ParameterType.WHOLE,
            6,
            "Frames before and after that each frame's depth is steadied by; 0 leaves every frame to itself.",
            0,
            12,
        ),
        Parameter(
            "edge_radius",
            "Edge radius",
            ParameterType.WHOLE,
            5,
            "How far an edge in depth may move to meet the picture's, in pixels of the model; 0 leaves it soft.",
            0,
            16,
        ),
    )
    default_model = "depth/small"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Raises `BadRequest` where far is not farther than near."""
        near, far = _number(parameters, "near"), _number(parameters, "far")
        if far <= near:
            raise BadRequest(f"Near is {near:g} and far is {far:g}; make far the greater.")

    def run(self, model: Estimator, window: Window, steps: Steps) -> Iterator[Delivery]:
        """Depth of each frame, 32-bit float; `invalid` where the plate has no colour that is a number."""
        if model.card.windows.length is not None:
            raise Failed(
                f"The model {model.card.name} does not see the whole shot, and its depth would flicker; "
                "its card must ask for Windows(length=None)."
            )
        shot = Shot(window, "plate", steps)
        seen = _look(model, shot, steps)
        inverse = window.parameters["encoding"] == _INVERSE
        meaning = values.Depth(model.metric, inverse, seen.range.near, seen.range.far, 0.0, seen.focal)
        reach, radius = int(_number(window.parameters, "steady_frames")), int(_number(window.parameters, "edge_radius"))
        rest = Span(steps, _LOOKING, 1.0)
        for index, number in enumerate(window.numbers):
            span = part(rest, index, len(window.numbers), f"Steadying frame {number}")
            span.progress(0.0)
            picture = developed(window, "plate", number, span).display
            steady = seen.steady(shot.numbers.index(number), reach, span)
            span.progress(0.7)
            frame = window.frame("plate", number)
            level = detailed(picture, _within(steady, shot, frame), radius, seen.span)
            written = seen.range.inverse(level) if inverse else 1 / seen.range.inverse(level)
            written[_unknown(frame)] = meaning.invalid
            plate = data_beside(frame, (values.CHANNEL,), written[..., None], PixelType.FLOAT)
            yield Delivery("depth", replace(plate, spec=replace(plate.spec, depth=meaning)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A shot that was gone through once."""

    clips: Clips
    tracks: Tracks
    fixes: tuple[Affine, ...]
    range: Range
    span: float
    """How far apart the shot's levels lie: the 1st and the 99th percentile."""
    focal: float

    def steady(self, place: int, reach: int, steps: Steps) -> Tensor:
        """A frame's inverse depth at the model's resolution."""

        def level(other: int) -> Tensor:
            steps.progress(0.3)
            return self.fixes[other].of(self.clips.level(other, steps))

        sights = self.tracks.sights(place, reach, steps)
        return fused(level, place, sights, reach, _TOLERANCE * self.span)


def _look(model: Estimator, shot: Shot, steps: Steps) -> _Seen:
    clips, tracks = Clips(model, shot, shot.window.parameters, steps), Tracks(shot, steps)
    links: list[Affine | None] = []
    samples, ends, focals = [], [], []
    before: Tensor | None = None
    for place, number in enumerate(shot.numbers):
        span = part(Span(steps, 0.0, _LOOKING), place, len(shot.numbers), f"Estimating frame {number}")
        span.progress(0.0)
        level = clips.level(place, Span(span, 0.0, 0.6))
        if before is not None:
            step = tracks.step(place - 1, 1, Span(span, 0.6, 1.0))
            links.append(None if step is None else _link(before, level, step, shifted=not model.metric))
        before = level
        samples.append(_thinned(level))
        ends.append((float(level.min()), float(level.max())))
        focals.append(clips.focal(place, span))
    fixes = steadied(links, shifted=not model.metric)
    levels = np.concatenate([fix.of(sample) for fix, sample in zip(fixes, samples, strict=True)])
    if model.metric:
        least = min(fix.scale * low for fix, (low, _) in zip(fixes, ends, strict=True))
        found = metric(least, max(fix.scale * high for fix, (_, high) in zip(fixes, ends, strict=True)))
    else:
        near, far = (_number(shot.window.parameters, name) for name in ("near", "far"))
        found = relative(levels, near, far)
    low, high = np.percentile(levels, (1, 99))
    return _Seen(clips, tracks, fixes, found, max(float(high - low), 1e-9), float(np.median(focals)))


def _link(here: Tensor, there: Tensor, step: Step, shifted: bool) -> Affine:
    """How the same places' inverse depth changes from a frame to the next."""
    rows, columns = step.seen.shape
    one, other = (resize(level, columns, rows, Nature.COLOUR) for level in (here, there))
    seen = _thinned(step.seen) > 0
    return fit(_thinned(one)[seen], _thinned(warp(other, step.motion, Nature.COLOUR))[seen], shifted)


def _thinned(plane: Tensor) -> Tensor:
    step = max(int(np.sqrt(plane.size / _SAMPLES)), 1)
    return plane[step // 2 :: step, step // 2 :: step].reshape(-1)


def _within(level: Tensor, shot: Shot, frame: Frame) -> Tensor:
    """The part of a level over the shot's box that a frame's data window covers, no coarser than it is."""
    window, box = frame.spec.data_window, shot.box
    if window == box:
        return level
    rows, columns = level.shape
    whole = resize(level, box.width, box.height, Nature.COLOUR)
    inside: Tensor = reframe(whole, box, window)
    tall, wide = max(round(rows * window.height / box.height), 1), max(round(columns * window.width / box.width), 1)
    return resize(inside, wide, tall, Nature.COLOUR)


def _unknown(frame: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where a frame's colour is NaN or infinite."""
    colour = frame.pixels[..., list(colour_channels(frame))]
    return np.asarray(~np.isfinite(colour).all(axis=-1), np.bool_)


def _number(parameters: Mapping[str, Value], name: str) -> float:
    return float(cast(float, parameters[name]))
