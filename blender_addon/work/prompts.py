"""What is pointed at in the plate, for operations that ask for it: points and boxes, as the .blend keeps them.

Coordinates are the server's: pixels of the plate's format, from its top left, the first pixel's middle at 0.5, 0.5.
"""

# No `annotations` from __future__: Blender reads them as they are.
import re
from collections.abc import Sequence
from typing import Any

import bpy

from ..registering import with_property
from ..replate_host import AgentError
from ..replate_host.catalog import Operation
from . import properties

SUBJECT = "subject"


def _named(prompt: Any, context: bpy.types.Context) -> None:
    fit = fitting(prompt.object)
    if prompt.object != fit:
        prompt.object = fit


class Prompt(bpy.types.PropertyGroup):
    """A point in the picture, or a box around an object where it has a width."""

    object: bpy.props.StringProperty(
        name="Object", description="Whose matte this is for: a layer's name", default=SUBJECT, update=_named
    )
    frame: bpy.props.IntProperty(name="Frame", description="The plate's frame that was pointed at")
    x: bpy.props.FloatProperty(name="X", description="Pixels from the left of the plate's format")
    y: bpy.props.FloatProperty(name="Y", description="Pixels from the top of the plate's format")
    width: bpy.props.FloatProperty(name="Width", description="Of a box, in pixels; 0 for a point", min=0.0)
    height: bpy.props.FloatProperty(name="Height", description="Of a box, in pixels; 0 for a point", min=0.0)
    inside: bpy.props.BoolProperty(name="Inside", description="The object is here, or it is not", default=True)
    drawn: bpy.props.BoolProperty(name="Drawn", description="It was taken from an annotation stroke")

    @property
    def is_box(self) -> bool:
        return self.width > 0 and self.height > 0

    def asked(self) -> dict[str, Any]:
        """As the agent's `submit` takes it. Blender keeps 32 bits: 0.1 is meant as 0.1."""
        said: dict[str, Any] = {"frame": self.frame, "object": self.object}
        names = ("x", "y", "width", "height") if self.is_box else ("x", "y")
        said |= {name: float(f"{getattr(self, name):.7g}") for name in names}
        return said if self.is_box else {**said, "inside": self.inside}


class Prompts(bpy.types.PropertyGroup):
    """All that is pointed at in a scene's plate."""

    points: bpy.props.CollectionProperty(type=Prompt)
    active: bpy.props.IntProperty(name="Prompt", options={"SKIP_SAVE"})
    object: bpy.props.StringProperty(
        name="Object", description="What the next points are for: a matte of this name", default=SUBJECT, update=_named
    )


def of(scene: bpy.types.Scene) -> Prompts:
    return scene.replate_prompts


def add(scene: bpy.types.Scene, frame: int, x: float, y: float, **more: Any) -> Prompt:
    """Points at something, for the object that is chosen unless another is named; `more` as `Prompt` has it."""
    mine = of(scene)
    made = mine.points.add()
    for name, value in {"object": mine.object, "frame": frame, "x": x, "y": y, **more}.items():
        setattr(made, name, value)
    mine.active = len(mine.points) - 1
    return made


def remove(scene: bpy.types.Scene, place: int) -> None:
    mine = of(scene)
    mine.points.remove(place)
    mine.active = max(min(mine.active, len(mine.points) - 1), 0)


def objects(scene: bpy.types.Scene, chosen: Operation, frames: tuple[int, int] | None) -> list[str]:
    """The names of those that an operation is asked for, as `parameters` has them; none where it is not pointed at."""
    asked = (prompt for prompts in parameters(scene, chosen, frames).values() for prompt in prompts)
    return list(dict.fromkeys(prompt["object"] for prompt in asked))


def wanted(scene: bpy.types.Scene) -> bool:
    """Whether the chosen operation is to be pointed at."""
    chosen = properties.operation(scene)
    return chosen is not None and bool(_takers(scene, chosen))


def parameters(
    scene: bpy.types.Scene, chosen: Operation, frames: tuple[int, int] | None
) -> dict[str, Sequence[dict[str, Any]]]:
    """The prompts on the frames that are asked for (None for all of the plate), by the parameter that takes them.

    Raises `AgentError` where there are none and some are needed.
    """
    takers = _takers(scene, chosen)
    if not takers:
        return {}
    first, last = frames or (None, None)
    found = [each.asked() for each in of(scene).points if first is None or first <= each.frame <= last]
    if not found:
        where = "" if frames is None else f" on frame {first}" if first == last else f" on the frames {first}-{last}"
        raise AgentError("Unmet", f"Nothing is pointed at{where}: press Point in the Image Editor, and click on it.")
    return dict.fromkeys(takers, found)


def fitting(name: str) -> str:
    """A name as layers and channels have it in any host: letters, digits and _, a letter first."""
    found = re.sub(r"\W+", "_", name.strip(), flags=re.ASCII).strip("_")
    if not found:
        return SUBJECT
    return found if found[0].isalpha() else f"object_{found}"


def _takers(scene: bpy.types.Scene, chosen: Operation) -> list[str]:
    model = properties.model(scene, chosen)
    known = (*chosen.parameters, *(model.parameters if model is not None else ()))
    return [each.name for each in known if each.type == "prompts"]


register, unregister = with_property("replate_prompts", Prompts, (Prompt, Prompts))
