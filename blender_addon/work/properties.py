"""`Scene.replate`: what the artist asks for, as properties made from the catalog.

Made anew when the server says something else. Blender keeps values by name, and so does what is here: a choice's
number in the .blend is made of its name, and stays that of another catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .. import catalog
from ..replate_host.catalog import Catalog, Input, Model, Operation, Parameter
from . import presets
from .pictures import Picture

_WHOLE = 2**31 - 1
_REAL = 1e9

_FRAMES = (
    ("PLATE", "All of the Plate", "Every frame that the plate has", "SEQUENCE", 0),
    ("SCENE", "The Scene's Range", "From the scene's first frame to its last", "PREVIEW_RANGE", 1),
    ("CURRENT", "This Frame", "The scene's current frame alone, to look at", "IMAGE_DATA", 2),
)

_made: list[type] = []


@dataclass(frozen=True)
class Field:
    """A parameter and where its value is."""

    parameter: Parameter
    group: bpy.types.PropertyGroup
    name: str

    def value(self) -> Any:
        """As `submit` takes it."""
        value = getattr(self.group, self.name)
        # Blender keeps 32 bits: 0.1 is meant as 0.1.
        return float(f"{value:.7g}") if self.parameter.type == "real" else value


def operation(scene: bpy.types.Scene) -> Operation | None:
    """The one that is chosen; None while no server has said what it can do."""
    known = catalog.known()
    return known.operation(scene.replate.operation) if known.operations else None


def named(operation: str) -> Operation | None:
    """One that the server has, whichever is chosen."""
    return catalog.known().operation(operation)


def model(scene: bpy.types.Scene, chosen: Operation | None = None) -> Model | None:
    """Of an operation, the chosen one by default; None where there is none."""
    chosen = chosen or operation(scene)
    return catalog.known().model(_group(scene, chosen).model) if chosen is not None else None


def draw_model(scene: bpy.types.Scene, layout: bpy.types.UILayout, chosen: Operation, label: str = "Model") -> None:
    layout.prop(_group(scene, chosen), "model", text=label)


def draw_preset(scene: bpy.types.Scene, layout: bpy.types.UILayout, chosen: Operation) -> None:
    """The menu of the model's presets; nothing where it has none."""
    which = model(scene, chosen)
    if which is not None and which.presets:
        layout.prop(_group(scene, chosen), _word("preset", which.name))


def requires(scene: bpy.types.Scene, chosen: Operation, role: Input) -> bool:
    """Whether a job for an operation's chosen model must have this input."""
    which = model(scene, chosen)
    return which.requires(role) if which is not None else role.required


def called(scene: bpy.types.Scene, chosen: Operation, role: Input) -> str:
    """An input's label, which says where it may be left out."""
    return role.label if requires(scene, chosen, role) else f"{role.label} (if wanted)"


def fields(scene: bpy.types.Scene, chosen: Operation | None = None) -> Sequence[Field]:
    """What an operation takes, the chosen one by default, then what its model does."""
    chosen = chosen or operation(scene)
    which = model(scene, chosen)
    if chosen is None:
        return ()
    group = _group(scene, chosen)
    shared = [Field(each, group, _word("p", each.name)) for each in _shown(chosen.parameters)]
    if which is None or not _shown(which.parameters):
        return shared
    own = getattr(group, _word("own", which.name))
    return [*shared, *(Field(each, own, _word("p", each.name)) for each in _shown(which.parameters))]


def prompt(scene: bpy.types.Scene, chosen: Operation | None = None) -> str:
    """What an operation's model is told, the chosen one's by default; empty for a model without a prompt."""
    which = model(scene, chosen)
    return which.prompt({each.parameter.name: each.value() for each in fields(scene, chosen)}) if which else ""


def inputs(scene: bpy.types.Scene, chosen: Operation | None = None) -> Sequence[tuple[Input, Picture]]:
    """Of an operation, the chosen one by default. A role is one picture, whichever operation it is for."""
    chosen = chosen or operation(scene)
    return [(each, getattr(scene.replate, _word("in", each.name))) for each in chosen.inputs] if chosen else ()


def plate(scene: bpy.types.Scene) -> Picture | None:
    """The one plate, which all operations that take one share."""
    return getattr(scene.replate, _word("in", "plate"), None)


def make(known: Catalog) -> None:
    """Has `Scene.replate` be made of a catalog; values that were set stay."""
    _drop()
    catalog.take(known)
    offered = known.operations
    chosen: dict[str, Any] = {
        "frames": EnumProperty(name="Frames", items=_FRAMES),
        "seed": IntProperty(name="Seed", description="What randomness there is comes from this alone", min=0),
        "operation": EnumProperty(
            name="Operation", items=[_item(each.name, each.label, each.tooltip) for each in offered]
        ),
    }
    for each in offered:
        chosen |= {_word("in", role.name): PointerProperty(type=Picture) for role in each.inputs}
        chosen[_word("of", each.name)] = PointerProperty(type=_operation(known, each))
    bpy.types.Scene.replate = PointerProperty(type=_class("Settings", chosen))


def register() -> None:
    make(catalog.kept())


def unregister() -> None:
    _drop()


def _drop() -> None:
    if hasattr(bpy.types.Scene, "replate"):
        del bpy.types.Scene.replate
    while _made:
        bpy.utils.unregister_class(_made.pop())


def _group(scene: bpy.types.Scene, chosen: Operation) -> bpy.types.PropertyGroup:
    return getattr(scene.replate, _word("of", chosen.name))


def _operation(known: Catalog, each: Operation) -> type:
    models = known.models_of(each.name)
    found: dict[str, Any] = {
        "model": EnumProperty(name="Model", description=each.tooltip, items=[_model(model) for model in models]),
        **_properties(each.name, each.parameters),
    }
    for model in models:
        own = _properties(each.name, model.parameters)
        if own:
            found[_word("own", model.name)] = PointerProperty(type=_class(model.name, own))
        if model.presets:
            found[_word("preset", model.name)] = presets.menu(model.presets, _places(each, model))
    return _class(each.name, found)


def _places(operation: Operation, model: Model) -> presets.Where:
    """Where the parameters of a model are, in the group of its operation."""
    shared, own = _shown(operation.parameters), _shown(model.parameters)

    def places(group: bpy.types.PropertyGroup) -> dict[str, tuple[bpy.types.PropertyGroup, str]]:
        found = {each.name: (group, _word("p", each.name)) for each in shared}
        if own:
            held = getattr(group, _word("own", model.name))
            found |= {each.name: (held, _word("p", each.name)) for each in own}
        return found

    return places


def _model(model: Model) -> tuple[str, str, str, str, int]:
    """One that cannot run says why."""
    about = model.unavailable_reason or model.tooltip or model.licence
    return (model.name, model.label, about, "NONE" if model.available else "ERROR", _number(model.name))


def _properties(operation: str, parameters: Iterable[Parameter]) -> dict[str, Any]:
    return {_word("p", each.name): _property(operation, each) for each in _shown(parameters)}


def _property(operation: str, each: Parameter) -> Any:
    said = {"name": _titled(each.label or each.name), "description": each.tooltip.rstrip(".")}
    default, low, high = catalog.default(operation, each), each.minimum, each.maximum
    if each.type == "flag":
        return BoolProperty(default=bool(default), **said)
    if each.type == "whole":
        bounds = {"min": -_WHOLE if low is None else int(low), "max": _WHOLE if high is None else int(high)}
        return IntProperty(default=int(default), **bounds, **said)
    if each.type == "real":
        bounds = {"min": -_REAL if low is None else low, "max": _REAL if high is None else high}
        return FloatProperty(default=float(default), precision=3, **bounds, **said)
    if each.type == "choice":
        return EnumProperty(items=[_item(choice, choice, "") for choice in each.choices], default=default, **said)
    # While it is typed already: what is told of it follows.
    return StringProperty(default=str(default), options={"ANIMATABLE", "TEXTEDIT_UPDATE"}, **said)


def _titled(label: str) -> str:
    """A label as Blender writes its own: "Frames a Second"."""
    return " ".join(word if word in _SMALL else word[:1].upper() + word[1:] for word in label.split())


_SMALL = ("a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "to")


def _shown(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Without what is pointed at in the picture."""
    return [each for each in parameters if each.type != "prompts"]


def _item(name: str, label: str, about: str) -> tuple[str, str, str, str, int]:
    return (name, label, about, "NONE", _number(name))


def _number(name: str) -> int:
    return crc32(name.encode()) & _WHOLE


def _word(kind: str, name: str) -> str:
    """A name as Python takes it; Blender takes 63 letters."""
    return f"{kind}_{re.sub(r'[^0-9A-Za-z]', '_', name)}"[:60]


def _class(name: str, properties: dict[str, Any]) -> type:
    called = f"{_word('REPLATE_PG', name)[:50]}_{len(_made)}"
    made = type(called, (bpy.types.PropertyGroup,), {"__annotations__": properties})
    bpy.utils.register_class(made)
    _made.append(made)
    return made
