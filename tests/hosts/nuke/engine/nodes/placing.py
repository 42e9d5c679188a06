"""Nodes that change where a picture lies: its format, its data window, its pixels' places."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from engine.filters import Texture, resampled
from engine.graph import Call, evaluates
from engine.image import Box, Format, Image


@evaluates(
    "Reformat",
    knows="""type format box_width box_height box_fixed box_pixel_aspect scale resize center flip flop turn filter
    black_outside pbb clamp""",
)
def reformat(call: Call) -> Image:
    knobs, image = call.knobs, call.image(0)
    if knobs.flag("turn") or knobs.flag("clamp"):
        raise call.refused("the stand-in neither turns nor clamps")
    goal = _goal(call, image.format)
    scale = _scale(knobs.text("resize") if knobs.text("type") != "scale" else "distort", image.format, goal)
    offset = (0.0, 0.0)
    if knobs.flag("center"):
        offset = ((goal.width - image.format.width * scale[0]) / 2, (goal.height - image.format.height * scale[1]) / 2)
    placed = _placed(
        image, goal, scale, offset, knobs.text("filter"), (knobs.flag("flop"), knobs.flag("flip")), knobs.flag("pbb")
    )
    return replace(placed, edge_repeats=False) if knobs.flag("black_outside") else placed


@evaluates("Crop", knows="box crop reformat intersect softness preset")
def crop(call: Call) -> Image:
    """The box becomes the data window, and with `reformat` the format too."""
    knobs, image = call.knobs, call.image(0)
    if any(knobs.numbers("softness", 2)):
        raise call.refused("the stand-in has no soft edges")
    x, y, r, t = (round(each) for each in knobs.numbers("box", 4))
    box = Box(x, y, max(x, r), max(y, t))
    if knobs.flag("intersect"):
        box = box.intersection(image.box)
    found = replace(image.over(box), edge_repeats=not knobs.flag("crop"))
    if not knobs.flag("reformat"):
        return found
    format = Format(max(1, r - x), max(1, t - y), image.format.pixel_aspect)
    return replace(found, format=format, box=box.moved(-x, -y))


@evaluates("BlackOutside", knows="")
def black_outside(call: Call) -> Image:
    return replace(call.image(0), edge_repeats=False)


@evaluates(
    "Transform",
    knows="""translate rotate scale skewX skewY center invert_matrix filter clamp black_outside motionblur shutter
    shutteroffset shuttercustomoffset skew_order""",
)
def transform(call: Call) -> Image:
    knobs, image = call.knobs, call.image(0)
    if any(knobs.number(name) for name in ("skewX", "skewY", "motionblur", "clamp")):
        raise call.refused("the stand-in neither skews nor blurs nor clamps")
    matrix = _matrix(call)
    if knobs.flag("invert_matrix"):
        matrix = np.linalg.inv(matrix)
    black = knobs.flag("black_outside")
    if image.box.empty:
        return image
    box = _around(matrix, image.box)
    shift = matrix[:2, 2]
    if np.array_equal(matrix[:2, :2], np.eye(2)) and np.array_equal(shift, np.round(shift)):
        moved = replace(image, box=image.box.moved(*(int(each) for each in shift)))
        return replace(moved, edge_repeats=False) if black else moved
    back = np.linalg.inv(matrix)
    y, x = np.mgrid[box.y : box.t, box.x : box.r] + 0.5
    source = [back[row, 0] * x + back[row, 1] * y + back[row, 2] for row in range(2)]
    repeat = False if black else None
    filter = knobs.text("filter")
    smaller = 1 / np.linalg.norm(matrix[:2, :2], axis=0)
    if matrix[0, 1] or matrix[1, 0]:
        if min(smaller) < 0.999 or max(smaller) > 1.001:
            raise call.refused("the stand-in does not scale what it rotates")
        found = Texture.of(image, list(image.planes), repeat).at(source[0].ravel(), source[1].ravel(), filter)
        planes = {
            name: np.ascontiguousarray(found[:, index]).reshape(x.shape) for index, name in enumerate(image.planes)
        }
    else:
        shrink = (float(smaller[0]), float(smaller[1]))
        planes = {
            name: resampled(image, name, source[0][0], source[1][:, 0], filter, shrink, repeat) for name in image.planes
        }
    return replace(image, box=box, planes=planes, edge_repeats=image.edge_repeats and not black)


@evaluates(
    "ContactSheet", knows="width height rows columns gap center roworder colorder splitinputs startframe endframe"
)
def contact_sheet(call: Call) -> Image:
    """Each input fitted into the middle of its cell, with the gap around it."""
    knobs = call.knobs
    if knobs.flag("splitinputs"):
        raise call.refused("the stand-in lays out inputs, and no frames")
    format = Format(knobs.integer("width"), knobs.integer("height"))
    rows, columns, gap = (knobs.integer(name) for name in ("rows", "columns", "gap"))
    cell = [(side - gap * (count + 1)) // count for side, count in ((format.width, columns), (format.height, rows))]
    images = [call.image(index) for index in range(min(call.inputs, rows * columns))]
    names = list(dict.fromkeys(name for image in images for name in image.planes))
    planes = {name: np.zeros((format.height, format.width), np.float32) for name in names}
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        if knobs.text("colorder") == "RightLeft" or (knobs.text("colorder") == "Snake" and row % 2):
            column = columns - 1 - column
        if knobs.text("roworder") == "TopBottom":
            row = rows - 1 - row
        x, y = gap + column * (cell[0] + gap), gap + row * (cell[1] + gap)
        inner = Format(cell[0], cell[1])
        scale = _scale("fit", image.format, inner)
        offset = [
            (side - whole * part) / 2
            for side, whole, part in zip(cell, (image.format.width, image.format.height), scale, strict=True)
        ]
        fitted = _placed(image, inner, scale, (offset[0], offset[1]), "cubic", (False, False), False)
        for name in fitted.planes:
            planes[name][y : y + cell[1], x : x + cell[0]] = fitted.plane(name, inner.box, repeat=False)
    return Image(format, format.box, planes)


def _goal(call: Call, given: Format) -> Format:
    knobs = call.knobs
    kind = knobs.text("type")
    if kind == "to format":
        return knobs.format("format")
    if kind == "scale":
        across, up = knobs.numbers("scale", 2)
        return Format(max(1, round(given.width * across)), max(1, round(given.height * up)), given.pixel_aspect)
    if not knobs.flag("box_fixed") and knobs.text("resize") in ("width", "height", "fit", "fill"):
        raise call.refused("the stand-in makes boxes of a fixed size: set box_fixed")
    return Format(knobs.integer("box_width"), knobs.integer("box_height"), knobs.number("box_pixel_aspect"))


def _scale(how: str, given: Format, goal: Format) -> tuple[float, float]:
    """Across and up. All but `distort` keep a circle round, whatever the pixels are."""
    squeeze = given.pixel_aspect / goal.pixel_aspect
    across, up = goal.width / given.width, goal.height / given.height
    if how == "none":
        return 1.0, 1.0
    if how == "distort":
        return across, up
    by_width, by_height = (across, across / squeeze), (up * squeeze, up)
    if how in ("width", "height"):
        return by_width if how == "width" else by_height
    narrow = by_width[1] <= by_height[1]
    return by_width if narrow == (how == "fit") else by_height


def _placed(
    image: Image,
    goal: Format,
    scale: tuple[float, float],
    offset: tuple[float, float],
    filter: str,
    mirrored: tuple[bool, bool],
    beyond: bool,
) -> Image:
    """The picture scaled and moved into another format; `beyond`: with what reaches out of it."""
    if image.box.empty:
        return replace(image, format=goal)
    sides = (goal.width, goal.height)
    spans = []
    for low, high, part, start, side, flipped in zip(
        (image.box.x, image.box.y), (image.box.r, image.box.t), scale, offset, sides, mirrored, strict=True
    ):
        ends = [low * part + start, high * part + start]
        if flipped:
            ends = [side - ends[1], side - ends[0]]
        # A hair off a whole pixel is that pixel.
        spans.append((math.floor(ends[0] + 1e-6), math.ceil(ends[1] - 1e-6)))
    box = Box(spans[0][0], spans[1][0], spans[0][1], spans[1][1])
    if not beyond:
        box = box.intersection(goal.box)
    if box.empty:
        return Image(goal, box, metadata=image.metadata)
    x, y = np.arange(box.x, box.r, dtype=float) + 0.5, np.arange(box.y, box.t, dtype=float) + 0.5
    x, y = (sides[0] - x if mirrored[0] else x), (sides[1] - y if mirrored[1] else y)
    x, y = (x - offset[0]) / scale[0], (y - offset[1]) / scale[1]
    shrink = (1 / scale[0], 1 / scale[1])
    planes = {name: resampled(image, name, x, y, filter, shrink) for name in image.planes}
    return replace(image, format=goal, box=box, planes=planes)


def _matrix(call: Call) -> np.ndarray:
    """Scaled, then rotated, about the centre, then moved."""
    knobs = call.knobs
    (x, y), (across, up), centre = (knobs.numbers(name, 2) for name in ("translate", "scale", "center"))
    angle = math.radians(knobs.number("rotate"))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    if not angle:
        turn = np.eye(2)
    matrix = np.eye(3)
    matrix[:2, :2] = turn @ np.diag([across, up])
    matrix[:2, 2] = np.array([x, y]) + centre - matrix[:2, :2] @ np.array(centre)
    return matrix


def _around(matrix: np.ndarray, box: Box) -> Box:
    corners = matrix @ np.array([[box.x, box.r, box.x, box.r], [box.y, box.y, box.t, box.t], [1, 1, 1, 1]])
    low, high = np.floor(corners.min(axis=1) + 1e-6), np.ceil(corners.max(axis=1) - 1e-6)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
