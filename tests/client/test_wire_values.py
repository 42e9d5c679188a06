"""Parameters, roles and states arrive as they were sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate import wire_values as wire
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
    Region,
    Role,
    RoleKind,
    Value,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
objects = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
frames = st.integers(-(2**31), 2**31 - 1)
places = st.floats(-1e6, 1e6)
sides = st.floats(0.1, 1e6)
prompts = st.one_of(
    st.builds(Point, frames, places, places, st.booleans(), objects),
    st.builds(Region, frames, places, places, sides, sides, objects),
)
values = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
    st.lists(prompts, max_size=5).map(tuple),
)
parameters = st.builds(
    Parameter,
    name=text,
    label=text,
    type=st.sampled_from(ParameterType),
    default=values,
    tooltip=text,
    minimum=st.none() | places,
    maximum=st.none() | places,
    choices=st.lists(text, max_size=4).map(tuple),
    group=text,
)


@given(values)
def test_a_value_arrives_as_it_was_sent(value: Value) -> None:
    sent = wire.write_value("strength", value).SerializeToString()
    arrived = wire.read_value("strength", jobs_pb2.Value.FromString(sent))
    assert arrived == value
    assert type(arrived) is type(value)


@given(parameters)
def test_a_parameter_arrives_as_it_was_sent(parameter: Parameter) -> None:
    sent = wire.write_parameter(parameter).SerializeToString()
    assert wire.read_parameter(catalog_pb2.Parameter.FromString(sent)) == parameter


@given(st.builds(Preset, text, text, text, st.dictionaries(text, values, max_size=4)))
def test_a_preset_arrives_as_it_was_sent(preset: Preset) -> None:
    sent = wire.write_preset(preset).SerializeToString()
    assert wire.read_preset(catalog_pb2.Preset.FromString(sent)) == preset


@given(st.builds(Role, text, text, text, st.sampled_from(RoleKind), st.booleans()))
def test_a_role_arrives_as_it_was_sent(role: Role) -> None:
    assert wire.read_role(wire.write_role(role)) == role


@given(st.builds(OutputPlate, text, text, text, st.lists(text, max_size=4).map(tuple), st.booleans()))
def test_an_output_arrives_as_it_was_sent(output: OutputPlate) -> None:
    assert wire.read_output_plate(wire.write_output_plate(output)) == output


@pytest.mark.parametrize("state", JobState)
def test_every_state_travels(state: JobState) -> None:
    assert wire.read_state(wire.write_state(state)) is state


@pytest.mark.parametrize("priority", Priority)
def test_every_priority_travels(priority: Priority) -> None:
    assert wire.read_priority(wire.write_priority(priority)) is priority


def test_an_unset_priority_is_normal() -> None:
    assert wire.read_priority(jobs_pb2.PRIORITY_UNSPECIFIED) is Priority.NORMAL


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (jobs_pb2.Value(), "strength has no value"),
        (jobs_pb2.Value(real=float("nan")), "strength is nan"),
        (jobs_pb2.Value(real=float("inf")), "strength is inf"),
    ],
)
def test_a_value_that_is_none_is_refused(message: jobs_pb2.Value, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        wire.read_value("strength", message)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (Point(7, float("nan"), 0), "frame 7 in points has coordinates that are no finite numbers"),
        (Point(7, 1, 1, object="1st"), "frame 7 in points names the object '1st'"),
        (Region(7, 0, 0, 0, 5), "frame 7 in points is an empty region"),
    ],
)
def test_a_prompt_that_points_nowhere_is_refused(prompt: Point | Region, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        wire.read_value("points", wire.write_value("points", (prompt,)))


def test_a_prompt_without_a_shape_is_refused() -> None:
    message = jobs_pb2.Value(prompts=jobs_pb2.Prompts(prompts=[jobs_pb2.Prompt(frame=7, object="a")]))
    with pytest.raises(BadRequest, match="neither a point nor a region"):
        wire.read_value("points", message)


def test_values_that_no_message_holds_are_refused() -> None:
    with pytest.raises(BadRequest, match="The parameter count cannot be sent"):
        wire.write_value("count", 2**63)
    with pytest.raises(BadRequest, match="The parameter what cannot be sent"):
        wire.write_value("what", None)  # type: ignore[arg-type]


def test_unset_enums_are_refused() -> None:
    with pytest.raises(BadRequest):
        wire.read_state(jobs_pb2.JOB_STATE_UNSPECIFIED)
    with pytest.raises(BadRequest):
        wire.read_role(catalog_pb2.Role(name="plate"))
    with pytest.raises(BadRequest):
        wire.read_parameter(catalog_pb2.Parameter(name="strength"))
