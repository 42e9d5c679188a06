"""What a job is, inside the server. Wire types stop at the gateway; everything behind it speaks these values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from replate.frame import StoredFrame
from replate.values import JobState, Priority, Value


@dataclass(frozen=True, slots=True)
class JobOutput:
    """Another job's output plate."""

    job: str
    output: str


Source = tuple[StoredFrame, ...] | JobOutput


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What was asked for, checked, with every default filled in."""

    operation: str
    model: str
    parameters: Mapping[str, Value]
    inputs: Mapping[str, Source]
    first: int
    last: int
    """The first and last frame to deliver, both included."""
    seed: int = 0
    title: str = ""
    project: str = ""
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger has it."""

    id: str
    owner: str
    spec: JobSpec
    recipe: str
    """Everything needed to make the outputs again, as JSON."""
    state: JobState
    message: str
    warnings: tuple[str, ...]
    created: float
    """Seconds since the epoch."""
    ended: float | None
    frames: int
    """Frames to deliver, over all views."""


@dataclass(frozen=True, slots=True)
class OutputFrame:
    """An output frame that is in the store and in the ledger."""

    sequence: int
    """Rises within a job."""
    output: str
    frame: StoredFrame


@dataclass(frozen=True, slots=True)
class Preview:
    """How a frame looks while it is being made. News, and no result: it is in no ledger and no store."""

    number: int
    view: str
    png: bytes
    """8-bit sRGB."""


@dataclass(frozen=True, slots=True)
class Progress:
    frames_done: int
    frames_total: int
    fraction: float
    seconds_left: float | None
    message: str = ""
