"""Parameters, prompts, roles and states as messages, and back; the other half of `replate.wire`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from replate.errors import BadRequest
from replate.v1 import catalog_pb2, jobs_pb2
from replate.values import (
    JobState,
    OutputPlate,
    Parameter,
    ParameterType,
    Point,
    Preset,
    Priority,
    Prompt,
    Region,
    Role,
    RoleKind,
    Value,
)

MOST_PROMPTS = 10_000

_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_TYPES = {
    ParameterType.FLAG: catalog_pb2.PARAMETER_TYPE_FLAG,
    ParameterType.WHOLE: catalog_pb2.PARAMETER_TYPE_WHOLE,
    ParameterType.REAL: catalog_pb2.PARAMETER_TYPE_REAL,
    ParameterType.TEXT: catalog_pb2.PARAMETER_TYPE_TEXT,
    ParameterType.CHOICE: catalog_pb2.PARAMETER_TYPE_CHOICE,
    ParameterType.PROMPTS: catalog_pb2.PARAMETER_TYPE_PROMPTS,
}
_TYPES_READ = {number: kind for kind, number in _TYPES.items()}

_KINDS = {
    RoleKind.PLATE: catalog_pb2.ROLE_KIND_PLATE,
    RoleKind.MATTE: catalog_pb2.ROLE_KIND_MATTE,
    RoleKind.STILL: catalog_pb2.ROLE_KIND_STILL,
    RoleKind.ANY: catalog_pb2.ROLE_KIND_ANY,
    RoleKind.KEYS: catalog_pb2.ROLE_KIND_KEYS,
}
_KINDS_READ = {number: kind for kind, number in _KINDS.items()}

_STATES = {
    JobState.QUEUED: jobs_pb2.JOB_STATE_QUEUED,
    JobState.RUNNING: jobs_pb2.JOB_STATE_RUNNING,
    JobState.DONE: jobs_pb2.JOB_STATE_DONE,
    JobState.FAILED: jobs_pb2.JOB_STATE_FAILED,
    JobState.CANCELLED: jobs_pb2.JOB_STATE_CANCELLED,
}
_STATES_READ = {number: state for state, number in _STATES.items()}

_PRIORITIES = {
    Priority.PREVIEW: jobs_pb2.PRIORITY_PREVIEW,
    Priority.NORMAL: jobs_pb2.PRIORITY_NORMAL,
    Priority.BACKGROUND: jobs_pb2.PRIORITY_BACKGROUND,
}
_PRIORITIES_READ = {number: priority for priority, number in _PRIORITIES.items()}


def write_value(name: str, value: Value) -> jobs_pb2.Value:
    """A parameter's value; its name is for the error. Raises `BadRequest`."""
    try:
        # bool first: it is an int to Python.
        if isinstance(value, bool):
            return jobs_pb2.Value(flag=value)
        if isinstance(value, int):
            return jobs_pb2.Value(whole=value)
        if isinstance(value, float):
            return jobs_pb2.Value(real=value)
        if isinstance(value, str):
            return jobs_pb2.Value(text=value)
        return jobs_pb2.Value(prompts=jobs_pb2.Prompts(prompts=[_write_prompt(prompt) for prompt in value]))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRequest(f"The parameter {name} cannot be sent: {error}.") from error


def read_value(name: str, message: jobs_pb2.Value) -> Value:
    """Raises `BadRequest`, naming the parameter. Whether the type is right is the catalog's to say."""
    kind = message.WhichOneof("kind")
    if kind is None:
        raise BadRequest(f"The parameter {name} has no value; give it one, or leave it out for its default.")
    if kind == "prompts":
        if len(message.prompts.prompts) > MOST_PROMPTS:
            raise BadRequest(f"The parameter {name} has over {MOST_PROMPTS} prompts; give fewer.")
        return tuple(_read_prompt(name, prompt) for prompt in message.prompts.prompts)
    value: Value = getattr(message, kind)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadRequest(f"The parameter {name} is {value}; it must be a finite number.")
    return value


def write_values(values: Mapping[str, Value]) -> dict[str, jobs_pb2.Value]:
    return {name: write_value(name, value) for name, value in values.items()}


def read_values(messages: Mapping[str, jobs_pb2.Value]) -> dict[str, Value]:
    return {name: read_value(name, message) for name, message in messages.items()}


def write_parameter(parameter: Parameter) -> catalog_pb2.Parameter:
    return catalog_pb2.Parameter(
        name=parameter.name,
        label=parameter.label,
        type=_TYPES[parameter.type],
        default=write_value(parameter.name, parameter.default),
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        choices=parameter.choices,
        tooltip=parameter.tooltip,
        group=parameter.group,
    )


def read_parameter(message: catalog_pb2.Parameter) -> Parameter:
    if message.type not in _TYPES_READ:
        raise BadRequest(f"The parameter {message.name} has no type that this version knows; upgrade the older side.")
    return Parameter(
        name=message.name,
        label=message.label,
        type=_TYPES_READ[message.type],
        default=read_value(message.name, message.default),
        tooltip=message.tooltip,
        minimum=message.minimum if message.HasField("minimum") else None,
        maximum=message.maximum if message.HasField("maximum") else None,
        choices=tuple(message.choices),
        group=message.group,
    )


def write_preset(preset: Preset) -> catalog_pb2.Preset:
    return catalog_pb2.Preset(
        name=preset.name, label=preset.label, tooltip=preset.tooltip, values=write_values(preset.values)
    )


def read_preset(message: catalog_pb2.Preset) -> Preset:
    return Preset(message.name, message.label, message.tooltip, read_values(message.values))


def write_role(role: Role) -> catalog_pb2.Role:
    return catalog_pb2.Role(
        name=role.name,
        label=role.label,
        tooltip=role.tooltip,
        kind=_KINDS[role.kind],
        required=role.required,
    )


def read_role(message: catalog_pb2.Role) -> Role:
    if message.kind not in _KINDS_READ:
        raise BadRequest(f"The input {message.name} is of no kind that this version knows; upgrade the older side.")
    return Role(message.name, message.label, message.tooltip, _KINDS_READ[message.kind], message.required)


def write_output_plate(output: OutputPlate) -> catalog_pb2.OutputPlate:
    return catalog_pb2.OutputPlate(
        name=output.name,
        label=output.label,
        tooltip=output.tooltip,
        channels=output.channels,
        data=output.data,
    )


def read_output_plate(message: catalog_pb2.OutputPlate) -> OutputPlate:
    return OutputPlate(message.name, message.label, message.tooltip, tuple(message.channels), message.data)


def write_state(state: JobState) -> jobs_pb2.JobState.ValueType:
    return _STATES[state]


def read_state(number: jobs_pb2.JobState.ValueType) -> JobState:
    if number not in _STATES_READ:
        raise BadRequest(f"The job state {number} is none that this version knows; upgrade the older side.")
    return _STATES_READ[number]


def write_priority(priority: Priority) -> jobs_pb2.Priority.ValueType:
    return _PRIORITIES[priority]


def read_priority(number: jobs_pb2.Priority.ValueType) -> Priority:
    """Unset is NORMAL."""
    if number == jobs_pb2.PRIORITY_UNSPECIFIED:
        return Priority.NORMAL
    if number not in _PRIORITIES_READ:
        raise BadRequest(f"The priority {number} is none that this version knows; upgrade the older side.")
    return _PRIORITIES_READ[number]


def _write_prompt(prompt: Prompt) -> jobs_pb2.Prompt:
    if isinstance(prompt, Point):
        point = jobs_pb2.Point(x=prompt.x, y=prompt.y, inside=prompt.inside)
        return jobs_pb2.Prompt(frame=prompt.frame, object=prompt.object, point=point)
    region = jobs_pb2.Region(x=prompt.x, y=prompt.y, width=prompt.width, height=prompt.height)
    return jobs_pb2.Prompt(frame=prompt.frame, object=prompt.object, region=region)


def _read_prompt(name: str, message: jobs_pb2.Prompt) -> Prompt:
    where = f"The prompt on frame {message.frame} in {name}"
    if not _OBJECT.fullmatch(message.object):
        raise BadRequest(
            f"{where} names the object '{message.object}'; use letters, digits and underscores, letter first."
        )
    kind = message.WhichOneof("shape")
    if kind is None:
        raise BadRequest(f"{where} is neither a point nor a region; make it one.")
    if kind == "point":
        _finite(where, message.point.x, message.point.y)
        return Point(message.frame, message.point.x, message.point.y, message.point.inside, message.object)
    region = message.region
    _finite(where, region.x, region.y, region.width, region.height)
    if region.width <= 0 or region.height <= 0:
        raise BadRequest(f"{where} is an empty region ({region.width} x {region.height}); draw it larger.")
    return Region(message.frame, region.x, region.y, region.width, region.height, message.object)


def _finite(where: str, *numbers: float) -> None:
    if not all(math.isfinite(number) for number in numbers):
        raise BadRequest(f"{where} has coordinates that are no finite numbers; place it in the picture.")
