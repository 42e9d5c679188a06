"""Params of a request as Replate's values, checked; what is wrong is a `BadRequest` that names the field."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from replate.catalog import Catalog
from replate.errors import BadRequest, Cancelled
from replate.frame import Fingerprint, Frame
from replate.jobs import InputLike, JobOutput
from replate.media import Plate, find_keyframes, open_keyframes, open_matte, open_plate
from replate.media.keyframes import leading
from replate.values import Parameter, ParameterType, Point, Priority, Prompt, Region, RoleKind, Value

Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=Enum)

_PRIORITIES = {priority.name.lower(): priority for priority in Priority}
_PICTURE = {"path", "frames", "colour_space", "view", "layer", "channels", "start"}


class Stoppable:
    """A plate whose reading ends when the host no longer wants it."""

    def __init__(self, plate: Plate, stopped: threading.Event) -> None:
        self._plate = plate
        self._stopped = stopped

    @property
    def numbers(self) -> Sequence[int]:
        return self._plate.numbers

    def read(self, number: int) -> Frame:
        if self._stopped.is_set():
            raise Cancelled("The request was cancelled.")
        return self._plate.read(number)

    def fingerprint(self, number: int) -> Fingerprint | None:
        return self._plate.fingerprint(number)


def field(params: Mapping[str, Any], name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
    """A field of a type; its default where it is absent or null. Raises `BadRequest`."""
    value = params.get(name)
    if value is None:
        if default is None:
            raise BadRequest(f"'{name}' is missing.")
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadRequest(f"'{name}' must be {_NAMES.get(kind, kind.__name__)}, not {value!r:.80}.")
    return value


def inputs(
    params: Mapping[str, Any], operation: str, catalog: Catalog, stopped: threading.Event
) -> dict[str, InputLike]:
    """By role: pictures on disk, opened, or other jobs' outputs.

    Where keyframes are given and not their frames, those count that the range is painted by, and what has frames of
    the plate is read as far as they lie.
    """
    kinds = {role.name: role.kind for role in catalog.operation(operation).inputs}
    sources = field(params, "inputs", dict)
    for role, source in sources.items():
        if role not in kinds:
            raise BadRequest(f"{operation} takes no input '{role}'; it takes {', '.join(kinds)}.")
        if not isinstance(source, dict):
            raise BadRequest(f"The input '{role}' must be an object with a path, or a job and an output.")
    sources = _widened(sources, kinds, frame_range(params))
    found: dict[str, InputLike] = {}
    plate: Plate | None = None
    # Keyframes last: they are in the plate's colour space, unless they say another.
    for role, source in sorted(sources.items(), key=lambda each: kinds[each[0]] is RoleKind.KEYS):
        if "job" in source:
            found[role] = JobOutput(field(source, "job", str), field(source, "output", str))
            continue
        opened = picture(source, f"The input '{role}'", kinds[role], plate)
        plate = opened if role == next(iter(kinds)) else plate
        found[role] = Stoppable(opened, stopped)
    return found


def picture(source: Mapping[str, Any], what: str, kind: RoleKind, plate: Plate | None = None) -> Plate:
    """Pictures on disk, opened as what they are for; `what` they are called where a field makes no sense.

    `plate` is what keyframes are of.
    """
    unknown = set(source) - _PICTURE
    if unknown:
        raise BadRequest(f"{what} has the unknown fields {', '.join(sorted(unknown))}.")
    path, frames = field(source, "path", str), field(source, "frames", str, "") or None
    view = field(source, "view", str, "")
    channels = [str(channel) for channel in field(source, "channels", list, [])]
    if kind is RoleKind.MATTE:
        return open_matte(path, frames, view=view, channel=channels[0] if channels else "")
    space, layer = field(source, "colour_space", str, "") or None, field(source, "layer", str, "")
    if kind is RoleKind.KEYS:
        files = find_keyframes([path], frames, view)
        return open_keyframes(files, plate, colour_space=space, view=view, layer=layer, channels=channels or None)
    start = field(source, "start", int, 1)
    return open_plate(path, frames, colour_space=space, view=view, layer=layer, channels=channels or None, start=start)


def parameters(params: Mapping[str, Any], operation: str, model: str, catalog: Catalog) -> dict[str, Value]:
    """By name, each as the type that the catalog states, so that a host may write 1 for 1.0.

    What is not given is as the preset has it, where one is named.
    """
    asked = catalog.operation(operation)
    chosen = catalog.model(model or asked.default_model)
    known = {parameter.name: parameter for parameter in (*asked.parameters, *chosen.parameters)}
    preset = field(params, "preset", str, "")
    found = dict(chosen.preset(preset).values) if preset else {}
    for name, value in field(params, "parameters", dict, {}).items():
        if name not in known:
            raise BadRequest(f"There is no parameter '{name}'; there are {', '.join(known) or 'none'}.")
        found[name] = _value(known[name], value)
    return found


def outputs(params: Mapping[str, Any]) -> dict[str, str]:
    """By output name: the pattern of the files to write."""
    found: dict[str, str] = {}
    for name, pattern in field(params, "outputs", dict, {}).items():
        if not isinstance(pattern, str) or not Path(pattern).is_absolute():
            raise BadRequest(f"The output '{name}' must be a whole path such as /shots/a/{name}.####.exr.")
        found[name] = pattern
    return found


def frame_range(params: Mapping[str, Any]) -> tuple[int, int] | None:
    value = params.get("range")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(type(number) is int for number in value):
        raise BadRequest("'range' must be the first and last frame, [1001, 1024].")
    return value[0], value[1]


def priority(params: Mapping[str, Any]) -> Priority:
    name = field(params, "priority", str, "normal")
    if name not in _PRIORITIES:
        raise BadRequest(f"'priority' must be {', '.join(_PRIORITIES)}, not {name!r}.")
    return _PRIORITIES[name]


def kind(params: Mapping[str, Any]) -> RoleKind:
    """What pictures are for."""
    return choice(params, "kind", RoleKind, RoleKind.PLATE)


def choice(params: Mapping[str, Any], name: str, among: type[Choice], default: Choice) -> Choice:
    value = field(params, name, str, default.value)
    try:
        return among(value)
    except ValueError:
        known = ", ".join(each.value for each in among)
        raise BadRequest(f"'{name}' must be one of {known}, not {value!r:.80}.") from None


def folder(params: Mapping[str, Any], name: str) -> Path:
    value = Path(field(params, name, str))
    if not value.is_absolute():
        raise BadRequest(f"'{name}' must be a whole path such as /shots/a/{name}.")
    return value


def number(params: Mapping[str, Any], name: str) -> float | None:
    """A number; None where it is absent or null."""
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadRequest(f"'{name}' must be a number, not {value!r:.80}.")
    return float(value)


def pair(params: Mapping[str, Any], name: str, default: tuple[float, float]) -> tuple[float, float]:
    value = params.get(name)
    if value is None:
        return default
    if not isinstance(value, list) or len(value) != 2:
        raise BadRequest(f"'{name}' must be two numbers, not {value!r:.80}.")
    first, second = (number({name: each}, name) for each in value)
    if first is None or second is None:
        raise BadRequest(f"'{name}' must be two numbers, not {value!r:.80}.")
    return first, second


_NAMES: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    dict: "an object",
    bool: "true or false",
    list: "a list",
}


def _widened(
    sources: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, RoleKind], wanted: tuple[int, int] | None
) -> dict[str, Mapping[str, Any]]:
    """With the frames of keyframes, and the plate's and its passes' frames as far as these lie."""
    found = dict(sources)
    for role, source in sources.items():
        if wanted is None or kinds[role] is not RoleKind.KEYS or "path" not in source or "frames" in source:
            continue
        there = find_keyframes([field(source, "path", str)], view=field(source, "view", str, ""))
        numbers, on_the_way = leading(there, *wanted)
        found[role] = {**source, "frames": ",".join(map(str, numbers))}
        for other, each in sources.items():
            if "frames" in each and kinds[other] in (RoleKind.PLATE, RoleKind.ANY):
                found[other] = {**each, "frames": f"{each['frames']},{on_the_way}"}
    return found


def _value(parameter: Parameter, value: Any) -> Value:
    match parameter.type, value:
        case ParameterType.FLAG, bool():
            return value
        case ((ParameterType.WHOLE | ParameterType.REAL), bool()):
            pass
        case ParameterType.WHOLE, int():
            return value
        case ParameterType.WHOLE, float() if value.is_integer():
            return int(value)
        case ParameterType.REAL, (int() | float()):
            return float(value)
        case ((ParameterType.TEXT | ParameterType.CHOICE), str()):
            return value
        case ParameterType.PROMPTS, list():
            return tuple(_prompt(parameter.name, prompt) for prompt in value)
    raise BadRequest(f"The parameter '{parameter.name}' must be a {parameter.type.value}, not {value!r:.80}.")


def _prompt(name: str, prompt: Any) -> Prompt:
    try:
        frame, x, y = int(prompt["frame"]), float(prompt["x"]), float(prompt["y"])
        object = str(prompt.get("object", "subject"))
        if "width" in prompt:
            return Region(frame, x, y, float(prompt["width"]), float(prompt["height"]), object)
        return Point(frame, x, y, bool(prompt.get("inside", True)), object)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest(
            f"A prompt of '{name}' must have frame, x and y, and inside, or width and height; it is {prompt!r:.80}."
        ) from error
