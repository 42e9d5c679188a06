"""A job as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone

from replate.errors import Cancelled, Failed, ReplateError
from replate.v1 import jobs_pb2
from replate.values import JobState
from replate.wire_values import read_state


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    frames_done: int
    frames_total: int
    fraction: float
    """0 to 1, finer than frames."""
    seconds_left: float | None = None
    """At the present pace; None while there is no telling."""


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job at one moment."""

    id: str
    operation: str
    model: str
    title: str
    owner: str
    project: str
    state: JobState
    message: str
    """What is happening, or in FAILED what went wrong and what to do: one sentence."""
    progress: Progress
    created: datetime
    ended: datetime | None
    outputs: tuple[str, ...]
    """Names of the output plates."""
    recipe: str
    """Everything needed to make the outputs again, as JSON."""
    warnings: tuple[str, ...]

    @property
    def error(self) -> ReplateError | None:
        """What a job that failed or was cancelled raises; None for all others."""
        if self.state is JobState.FAILED:
            return Failed(self.message or "The job failed; the server's log says why.")
        if self.state is JobState.CANCELLED:
            return Cancelled(self.message or "The job was cancelled.")
        return None


@dataclass(frozen=True, slots=True)
class Preview:
    """How a frame looks while it is being made: to be looked at, and not what it will be."""

    number: int
    view: str
    png: bytes = field(repr=False)
    """8-bit sRGB, 256 pixels a side at the most."""


def read_preview(message: jobs_pb2.Preview) -> Preview:
    return Preview(message.number, message.view, message.png)


def read_job(message: jobs_pb2.Job) -> JobInfo:
    progress = message.progress
    return JobInfo(
        id=message.id,
        operation=message.operation,
        model=message.model,
        title=message.title,
        owner=message.owner,
        project=message.project,
        state=read_state(message.state),
        message=message.message,
        progress=Progress(
            progress.frames_done,
            progress.frames_total,
            progress.fraction,
            progress.seconds_left if progress.HasField("seconds_left") else None,
        ),
        created=message.created.ToDatetime(timezone.utc),
        ended=message.ended.ToDatetime(timezone.utc) if message.HasField("ended") else None,
        outputs=tuple(message.outputs),
        recipe=message.recipe,
        warnings=tuple(message.warnings),
    )
