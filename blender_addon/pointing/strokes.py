"""Annotation strokes drawn over the plate in the Image Editor, as points: a layer is an object.

Blender calls annotations Grease Pencil up to 4.5, and says of a stroke in an Image Editor where it goes in its view.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, starmap
from typing import Any

import bpy

from ..work import prompts
from . import seen
from .clicking import View, point

MOST = 5
"""Points that a stroke becomes: a model takes a few well-placed ones better than many."""
_NOT = re.compile(r"(?:not|outside)(?:[\s_:-]+|$)|-\s*", re.IGNORECASE)
"""How a layer's name begins that says where the object is not: "outside dog", "not dog", "-dog"."""
_BLANK = ("Note", "Annotation", "Annotations")
"""Names that Blender gives a layer by itself."""


def take(scene: bpy.types.Scene, space: bpy.types.SpaceImageEditor) -> int:
    """Points along every stroke that an editor has over its picture, on the stroke's frame; gives how many.

    What was taken from strokes before is taken anew.
    """
    mine = prompts.of(scene)
    for place in reversed(range(len(mine.points))):
        if mine.points[place].drawn:
            prompts.remove(scene, place)
    before = len(mine.points)
    for layer, frame, stroke in _strokes(space):
        picture = seen.picture(scene, space, frame)
        name, inside = meant(layer, mine.object)
        for at in along(stroke) if picture is not None else ():
            made = point(scene, picture, at, inside)
            if made is not None:
                made.object, made.drawn = name, True
    return len(mine.points) - before


def meant(layer: str, chosen: str) -> tuple[str, bool]:
    """The object that a layer of a name is for, and whether its strokes are inside of it."""
    found = _NOT.match(layer)
    name = layer[found.end() :] if found else layer
    plain = re.sub(r"\.\d+$", "", name)
    return (chosen if not plain or plain in _BLANK else prompts.fitting(plain)), found is None


def along(stroke: Sequence[View], most: int = MOST) -> list[View]:
    """Places at even distances along a stroke, its ends left out where there are several: hands slip there."""
    lengths = list(starmap(math.dist, pairwise(stroke)))
    whole = sum(lengths)
    if whole == 0:
        return list(stroke[:1])
    return [_at(stroke, lengths, whole * (step + 0.5) / most) for step in range(most)]


class PointsFromAnnotations(bpy.types.Operator):
    """Take points from the annotation strokes over this picture. A layer is an object; "outside dog" is where the
    dog is not"""

    bl_idname = "replate.points_from_annotations"
    bl_label = "From Annotations"
    bl_options = frozenset({"REGISTER", "UNDO"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "IMAGE_EDITOR" and context.space_data.image is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not take(context.scene, context.space_data):
            self.report({"ERROR"}, "There is no stroke over this picture: draw one with the Annotate tool.")
            return {"CANCELLED"}
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((PointsFromAnnotations,))


def _strokes(space: bpy.types.SpaceImageEditor) -> Iterator[tuple[str, int, list[View]]]:
    """The layer, the scene's frame and the places of each stroke that is not hidden."""
    drawn: Any = getattr(space, "annotation", None) or getattr(space, "grease_pencil", None)
    for layer in drawn.layers if drawn is not None else ():
        for frame in layer.frames if not layer.annotation_hide else ():
            for stroke in frame.strokes:
                yield layer.info, frame.frame_number, [(each.co[0], each.co[1]) for each in stroke.points]


def _at(stroke: Sequence[View], lengths: Sequence[float], far: float) -> View:
    """The place that is so far along a stroke."""
    for (begin, end), length in zip(pairwise(stroke), lengths, strict=True):
        if far <= length and length > 0:
            share = far / length
            return begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])
        far -= length
    return stroke[-1]
