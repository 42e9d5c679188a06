"""A job as the host sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .protocol import AgentError, error_of

ENDED = frozenset({"done", "failed", "cancelled", "lost"})


@dataclass(frozen=True)
class WrittenFrame:
    """An output frame that the agent has written."""

    output: str
    number: int
    view: str
    path: str
    """Whole, with forward slashes."""
    sequence: int
    """Watching the job again after this number misses none of the later ones."""


@dataclass(frozen=True)
class Preview:
    """A picture of a frame that is being made, for as long as it is the latest and the job goes on."""

    number: int
    view: str
    path: str
    """A PNG's, whole, with forward slashes; each has another."""


@dataclass
class Callbacks:
    """What the host wants to hear; each is called by `Agent.drain`, on the thread that drains."""

    progress: Callable[[JobHandle], None] | None = None
    frame: Callable[[JobHandle, WrittenFrame], None] | None = None
    warning: Callable[[JobHandle, str], None] | None = None
    ended: Callable[[JobHandle], None] | None = None
    preview: Callable[[JobHandle, Preview], None] | None = None


@dataclass(eq=False)
class JobHandle:
    """A job that was submitted or is watched. Its fields change only while the host drains."""

    outputs: dict[str, str]
    """By output name: the pattern of the files that the agent writes."""
    id: str = ""
    """Empty until the server has written the job down."""
    state: str = "submitting"
    """"submitting", "queued", "running", "done", "failed", "cancelled"; "lost" when it can no longer be watched."""
    message: str = ""
    """What is happening, or what went wrong and what to do: one sentence."""
    fraction: float = 0.0
    frames_done: int = 0
    frames_total: int = 0
    seconds_left: float | None = None
    bytes_sent: int = 0
    bytes_to_send: int = 0
    recipe: str = ""
    """Everything needed to make the outputs again, as JSON; there once the job ended."""
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was measured of the frames, by output, as the agent's page has it; there once the job ended."""
    sequence: int = 0
    """Of the last frame that was told; watching again after it misses nothing."""
    error: AgentError | None = None
    preview: Preview | None = None
    """How the frame looks that is being made; None where nothing was told of one, or the job ended."""
    frames: list[WrittenFrame] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    range: tuple[int, int] | None = None
    """The frames that are fetched, first and last; None for all that the job delivers."""
    callbacks: Callbacks = field(default_factory=Callbacks, repr=False)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def take_acceptance(self, said: dict[str, Any]) -> None:
        self.id = said["job"]
        # Of a job that is done already the frames come first; its end is told like any other's.
        self.take_progress({**said, "state": "running"} if said.get("state") in ENDED else said)

    def take_progress(self, said: dict[str, Any]) -> None:
        self._take(said)
        if self.callbacks.progress is not None:
            self.callbacks.progress(self)

    def take_frame(self, said: dict[str, Any]) -> None:
        frame = WrittenFrame(said["output"], said["number"], said.get("view", ""), said["path"], said["sequence"])
        self.frames.append(frame)
        if self.preview is not None and self.preview.number == frame.number:
            self.preview = None
        self.sequence = frame.sequence
        if self.callbacks.frame is not None:
            self.callbacks.frame(self, frame)

    def take_preview(self, said: dict[str, Any]) -> None:
        self.preview = Preview(said["number"], said.get("view", ""), said["path"])
        if self.callbacks.preview is not None:
            self.callbacks.preview(self, self.preview)

    def take_warning(self, said: dict[str, Any]) -> None:
        if said["message"] in self.warnings:
            return
        self.warnings.append(said["message"])
        if self.callbacks.warning is not None:
            self.callbacks.warning(self, said["message"])

    def take_end(self, said: dict[str, Any]) -> None:
        if self.ended:
            return
        self._take(said)
        self.preview = None
        self.recipe = said.get("recipe") or self.recipe
        self.figures = said.get("figures") or self.figures
        if said.get("error"):
            self.error = error_of(said["error"])
            self.message = str(self.error)
        if not self.ended:
            # The agent stopped watching while the job itself goes on.
            self.state = "lost"
        if self.callbacks.ended is not None:
            self.callbacks.ended(self)

    def lose(self, error: AgentError) -> None:
        """The job can no longer be watched, or was refused."""
        state = "cancelled" if error.kind == "Cancelled" else "lost" if self.id else "failed"
        self.take_end({"state": state, "error": {"kind": error.kind, "message": str(error)}})

    def _take(self, said: dict[str, Any]) -> None:
        self.state = said.get("state", self.state)
        self.message = said.get("message", self.message)
        for name in ("fraction", "frames_done", "frames_total", "seconds_left", "bytes_sent", "bytes_to_send"):
            if name in said:
                setattr(self, name, said[name])
