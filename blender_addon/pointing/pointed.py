"""The points and boxes drawn over the picture, in Image Editors, each on its own frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..work import prompts
from . import seen

Place = tuple[float, float]
"""Pixels of a region, from its bottom left."""

_COLOURS = {True: (0.25, 0.9, 0.35, 1.0), False: (0.95, 0.25, 0.2, 1.0)}
"""Inside, and not."""
_DARK = (0.0, 0.0, 0.0, 0.75)
_LIGHT = (1.0, 1.0, 1.0, 1.0)
_RADIUS = 5.0
_TEXT = 12.0


@dataclass(frozen=True)
class Mark:
    """A point, or a box by its top left and its bottom right."""

    corners: tuple[Place, ...]
    inside: bool
    chosen: bool
    name: str


class _State:
    handle: Any = None
    dragged: tuple[Place, Place] | None = None
    """A box that is being drawn."""


def show() -> None:
    _State.handle = bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def hide() -> None:
    bpy.types.SpaceImageEditor.draw_handler_remove(_State.handle, "WINDOW")


def drag(begin: Place | None, end: Place | None) -> None:
    """Has a box be drawn between two places, or no longer."""
    _State.dragged = (begin, end) if begin is not None and end is not None else None


def marks(
    scene: bpy.types.Scene, space: bpy.types.SpaceImageEditor, to_region: Callable[[float, float], Place]
) -> list[Mark]:
    """What is to be seen on the frame that an editor shows."""
    picture = seen.picture(scene, space)
    if picture is None or not prompts.wanted(scene):
        return []
    mine, found = prompts.of(scene), []
    for place, each in enumerate(mine.points):
        if each.frame != picture.frame:
            continue
        corners = [(each.x, each.y)]
        if each.is_box:
            corners.append((each.x + each.width, each.y + each.height))
        places = tuple(to_region(*picture.to_view(*corner)) for corner in corners)
        found.append(Mark(places, each.is_box or each.inside, place == mine.active, each.object))
    return found


def _draw() -> None:
    context = bpy.context
    view, scale = context.region.view2d, context.preferences.system.ui_scale

    def to_region(u: float, v: float) -> Place:
        x, y = view.view_to_region(u, v, clip=False)
        return float(x), float(y)

    gpu.state.blend_set("ALPHA")
    for mark in marks(context.scene, context.space_data, to_region):
        colour = _COLOURS[mark.inside]
        if len(mark.corners) == 1:
            (at,) = mark.corners
            radius = _RADIUS * scale * (1.4 if mark.chosen else 1.0)
            _disc(at, radius + 1.5 * scale, _DARK)
            _disc(at, radius, colour)
            if not mark.inside:
                _disc(at, radius * 0.4, _DARK)
            _say(mark.name, (at[0] + 10.0 * scale, at[1] - 4.0 * scale), scale)
        else:
            _frame(mark.corners[0], mark.corners[1], colour, (1.2 if mark.chosen else 0.7) * scale)
            (left, high), _ = mark.corners
            _say(mark.name, (left, high + 6.0 * scale), scale)
    if _State.dragged is not None:
        _frame(*_State.dragged, _LIGHT, scale)
    gpu.state.blend_set("NONE")


def _disc(middle: Place, radius: float, colour: tuple[float, ...]) -> None:
    turns = [2 * math.pi * step / 24 for step in range(25)]
    rim = [(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn)) for turn in turns]
    _fill("TRI_FAN", [middle, *rim], colour)


def _frame(one: Place, other: Place, colour: tuple[float, ...], thick: float) -> None:
    (left, right), (low, high) = (sorted(pair) for pair in zip(one, other, strict=True))
    for edge, shade in ((thick + 1.0, _DARK), (thick, colour)):
        for x0, y0, x1, y1 in (
            (left - edge, low - edge, right + edge, low + edge),
            (left - edge, high - edge, right + edge, high + edge),
            (left - edge, low - edge, left + edge, high + edge),
            (right - edge, low - edge, right + edge, high + edge),
        ):
            _fill("TRI_STRIP", [(x0, y0), (x1, y0), (x0, y1), (x1, y1)], shade)


def _fill(kind: str, corners: list[Place], colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.uniform_float("color", colour)
    batch_for_shader(shader, kind, {"pos": corners}).draw(shader)


def _say(text: str, at: Place, scale: float) -> None:
    blf.size(0, _TEXT * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 5, *_DARK)
    blf.color(0, *_LIGHT)
    blf.position(0, *at, 0.0)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)
