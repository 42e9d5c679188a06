"""Which knobs a node has, and in which order: worked out from the catalog, without touching Nuke."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from replate_host.catalog import Catalog, Model, Operation, Parameter
from replate_nuke.nodes import choices, rules, variations
from replate_nuke.nodes.handles import Handle


@dataclass(frozen=True)
class Control:
    """One knob."""

    name: str
    kind: str
    """"tab", "group" and its "end", "line", "note", "picture" (there while it shows one), "button"; "flag", "whole",
    "real", "text", "long" (several lines), "choice"; "point" and "box" in the viewer."""
    label: str = ""
    tooltip: str = ""
    default: Any = None
    limits: tuple[float, float] | None = None
    """What the server takes, both included."""
    items: tuple[str, ...] = ()
    hidden: bool = False
    beside: bool = False
    """On the same line as the one before it."""


KEYED = "keyed"
"""The knob in which the artist names the frames that are keyframes."""
PRESET = "preset"
MAKING = "making"
"""The note in which the frame that is being made is seen."""
TOLD = "told"
"""The note that says what the model is told."""


def layout(card: Catalog, model: Model | None, handles: Sequence[Handle] = ()) -> list[Control]:
    """All knobs of a node. What can come and go stands last: Nuke puts a new knob behind all others."""
    operation = card.operations[0]
    spoken = model.spoken if model is not None else frozenset()
    # What is said beside a prompt is as long as that.
    long = {each.group for each in choices.parameters(card, model) if each.name in spoken}
    own = _grouped(model.parameters, "own_", long) if model is not None else []
    if model is not None and own:
        own = [Control("own", "group", model.label), *own, Control("own_end", "end")]
    prompts = [each for each in choices.parameters(card, model) if each.type == "prompts"]
    return [
        *_head(card, model),
        *_with_what_is_told([*_grouped(operation.parameters, "group_", long), *own], spoken),
        *(control for parameter in prompts for control in _prompts(parameter, handles)),
    ]


def knob_name(parameter: str) -> str:
    return f"p_{parameter}"


def _head(card: Catalog, model: Model | None) -> list[Control]:
    operation = card.operations[0]
    varied = variations.items(choices.parameters(card, model))
    return [
        Control("replate", "tab", "Replate"),
        Control("operation", "text", default=operation.name, hidden=True),
        Control("card", "text", hidden=True),
        Control("knobs_of", "text", hidden=True),
        Control("versions", "text", hidden=True),
        Control("there", "real", default=0.0, hidden=True),
        Control("status", "note", "Status", default="Nothing was processed yet."),
        Control(MAKING, "picture", "In the making"),
        Control(
            "model",
            "choice",
            "Model",
            _about(card),
            choices.model_items(card)[0],
            items=tuple(choices.model_items(card)),
        ),
        Control("refresh", "button", "Refresh from the server", "Asks the server anew what it can do.", beside=True),
        Control("seed", "whole", "Seed", "What randomness there is comes from this alone.", 0),
        Control("first", "whole", "Frames", "The first frame of the range.", 1),
        Control("last", "whole", "to", "The last frame of the range.", 1, beside=True),
        Control("range_of_input", "button", "As the input", "Takes the range of what is connected.", beside=True),
        Control("preview", "button", "Preview frame", "Makes the frame that you look at."),
        Control("process", "button", "Process range", "Makes all frames of the range that are not there.", beside=True),
        Control(
            "cancel", "button", "Cancel", "Stops what this node is making. Frames that are done stay.", beside=True
        ),
        Control("line_versions", "line"),
        Control(
            "version",
            "choice",
            "Version",
            "The result that is looked at; each keeps how it was made.",
            choices.NO_VERSION,
            items=(choices.NO_VERSION,),
        ),
        # Below the menu, which is as wide as its longest line.
        Control("use_settings", "button", "Use its settings", "Puts the knobs as they were for this version."),
        Control("reveal", "button", "Reveal", "Opens the folder of this version's files.", beside=True),
        Control(
            "keyframe",
            "button",
            "Use as keyframe",
            "Freezes the frame that you look at, for you to paint on and lead by.",
            beside=True,
        ),
        *_keyed(operation),
        Control("vary_by", "choice", "Vary", "What the variations differ in.", variations.SEED, items=tuple(varied)),
        Control("variations", "whole", "times", "How many are tried.", 4, limits=(2, 16), beside=True),
        Control("vary", "button", "Try", "Makes this frame so often, on a sheet to choose from.", beside=True),
        Control("line_parameters", "line"),
        *_presets(card, model),
    ]


def _keyed(operation: Operation) -> list[Control]:
    if all(role.kind != "keys" for role in operation.inputs):
        return []
    said = "Which frames of what is connected are keyframes, such as 1001 1024; empty for those that it has."
    return [Control(KEYED, "text", "Keyframes on", said, "")]


def _presets(card: Catalog, model: Model | None) -> list[Control]:
    """There for every model as soon as one has presets, so that nothing moves when another is chosen."""
    if not any(each.presets for each in card.models):
        return []
    label = rules.of(card.operations[0].name).presets
    said = "\n".join(f"{preset.label}: {preset.tooltip}" for preset in (model.presets if model is not None else ()))
    return [Control(PRESET, "choice", label, said, choices.OWN, items=tuple(choices.preset_items(model)))]


def _about(card: Catalog) -> str:
    """A line for each model; one that cannot run says why."""
    said = [(model, model.unavailable_reason or model.tooltip or model.licence) for model in card.models]
    return "\n".join(f"{model.label}: {text}" if text else model.label for model, text in said)


def _with_what_is_told(controls: list[Control], spoken: frozenset[str]) -> list[Control]:
    """The prompt below the last of the knobs that it is made of."""
    names = {knob_name(name) for name in spoken}
    below = max((place for place, control in enumerate(controls, 1) if control.name in names), default=None)
    if below is None:
        return controls
    return [*controls[:below], Control(TOLD, "note", "Prompt", "What the model is told."), *controls[below:]]


def _grouped(parameters: Iterable[Parameter], prefix: str, long: Collection[str]) -> list[Control]:
    """Those of no group first, then each group in a fold of its own; texts of groups in `long` take several lines."""
    groups: dict[str, list[Control]] = {"": []}
    for parameter in parameters:
        if parameter.type != "prompts":
            groups.setdefault(parameter.group, []).append(_control(parameter, parameter.group in long))
    found = groups.pop("")
    for group, members in groups.items():
        name = prefix + "".join(letter if letter.isalnum() else "_" for letter in group)
        found += [Control(name, "group", group), *members, Control(f"{name}_end", "end")]
    return found


def _control(parameter: Parameter, long: bool) -> Control:
    kind = {"flag": "flag", "whole": "whole", "real": "real", "choice": "choice"}.get(parameter.type, "text")
    if kind == "text" and long:
        kind = "long"
    low, high = parameter.minimum, parameter.maximum
    return Control(
        knob_name(parameter.name),
        kind,
        parameter.label or parameter.name,
        parameter.tooltip,
        parameter.default,
        None if low is None or high is None else (low, high),
        parameter.choices,
    )


def _prompts(parameter: Parameter, handles: Sequence[Handle]) -> list[Control]:
    name = knob_name(parameter.name)
    found = [
        Control(f"{name}_title", "note", parameter.label, default=parameter.tooltip),
        Control(f"{name}_add_point", "button", "Add point", "Puts a point into the viewer, on this frame."),
        Control(f"{name}_add_box", "button", "Add box", "Puts a box into the viewer, on this frame.", beside=True),
    ]
    for handle in handles:
        if handle.parameter == parameter.name:
            found += _handle(handle)
    return found


def _handle(handle: Handle) -> list[Control]:
    name, what = handle.name, "box" if handle.box else "point"
    inside = Control(f"{name}_inside", "flag", "inside", "Off: this point is outside the object.", True, beside=True)
    return [
        Control(name, what, f"{what} {handle.number}", "Drag it in the viewer."),
        Control(f"{name}_object", "text", "object", "What is cut out; one layer each.", "subject"),
        *([] if handle.box else [inside]),
        Control(f"{name}_frame", "whole", "frame", "The frame on which it is to be found.", 0, beside=True),
        Control(f"{name}_remove", "button", "Remove", f"Takes this {what} away.", beside=True),
    ]
