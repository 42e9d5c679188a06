"""A job that has not ended, as the scheduler holds it."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from replate.frame import StoredFrame
from replate.values import Priority
from replate_server.jobs import Job, JobOutput, Preview, Progress
from replate_server.store.ledger import WindowRecord

Key = Hashable
"""What a window waits for: a digest, or (job, output, view, number) of another job."""


@dataclass(slots=True)
class OpenWindow:
    """A window that is not done."""

    record: WindowRecord
    lacking: set[Key] = field(default_factory=set)
    """What must arrive before it can run."""
    deaths: int = 0
    """How many workers died while running it."""
    recipe: str = ""
    fraction: float = 0.0
    lost: bool = False
    """Whether something that it delivered was evicted before it could be entered."""
    exact: bool = True
    """Whether all that it delivered is what its recipe gives."""
    _delivered: dict[tuple[str, int], StoredFrame] = field(default_factory=dict)

    @property
    def delivered(self) -> Sequence[tuple[str, StoredFrame]]:
        """Output names and frames, so far."""
        return [(output, frame) for (output, _), frame in self._delivered.items()]

    @property
    def frames_delivered(self) -> int:
        return len({number for _, number in self._delivered})

    def deliver(self, output: str, frame: StoredFrame) -> None:
        """Notes an output frame, once: a window may be tried twice, and the ledger keeps what came first."""
        self._delivered.setdefault((output, frame.spec.number), frame)

    def begin(self) -> None:
        """The window runs, from its beginning."""
        self.fraction, self.lost, self.exact = 0.0, False, True
        self._delivered.clear()

    @property
    def share_done(self) -> float:
        """How much of the window is done, 0 to 1."""
        return max(self.fraction, self.frames_delivered / len(self.record.numbers))


class Inputs:
    """The frames of a job's inputs, by view and number; those of linked jobs as far as they are known."""

    def __init__(
        self, job: Job, linked: Mapping[JobOutput, frozenset[tuple[str, int]]], keys: Collection[str] = ()
    ) -> None:
        """`keys` are the roles whose frames stand under their own numbers, be there only one."""
        self._keys = keys
        self._frames: dict[str, dict[tuple[str, int], StoredFrame]] = {}
        self._links: dict[str, JobOutput] = {}
        self._numbers: dict[str, frozenset[tuple[str, int]]] = {}
        for role, source in job.spec.inputs.items():
            if isinstance(source, JobOutput):
                self._links[role] = source
                self._numbers[role] = linked[source]
            else:
                self._frames[role] = {(frame.spec.view, frame.spec.number): frame for frame in source}
                self._numbers[role] = frozenset(self._frames[role])

    def wanted(self, window: WindowRecord) -> Iterator[tuple[str, tuple[str, int]]]:
        """Role, view and number of every frame that a window may read."""
        for role, present in self._numbers.items():
            if len(present) == 1 and role not in self._keys:
                yield role, next(iter(present))
                continue
            for number in window.context:
                for at in ((window.view, number), ("", number)):
                    if at in present:
                        yield role, at
                        break

    def frame(self, role: str, at: tuple[str, int]) -> StoredFrame | None:
        """The frame, or None when it comes from a linked job."""
        return self._frames[role][at] if role in self._frames else None

    def link(self, role: str) -> JobOutput:
        return self._links[role]

    @property
    def links(self) -> frozenset[str]:
        """The jobs that this one takes frames from."""
        return frozenset(link.job for link in self._links.values())


@dataclass(slots=True)
class OpenJob:
    """A job with its windows. Guarded by the scheduler's lock."""

    job: Job
    inputs: Inputs
    windows: dict[int, OpenWindow]
    """Those that are not done, by ordinal."""
    ready: list[int] = field(default_factory=list)
    """A heap: whatever order frames arrive in, the first go first."""
    running: dict[int, int] = field(default_factory=dict)
    """Task by ordinal."""
    frames_done: int = 0
    message: str = ""
    preview: Preview | None = None
    """The latest of what is being made."""
    window_seconds: float = float("inf")
    """What its last window took."""
    _began: tuple[float, float] | None = None
    """When the first window began, and how much was done then."""

    @property
    def urgent(self) -> bool:
        """Whether somebody is looking at it, and waits for it."""
        return self.job.spec.priority is Priority.PREVIEW

    @property
    def began(self) -> bool:
        """Whether any of its windows ran since the server started."""
        return self._began is not None

    def begin(self) -> None:
        self._began = time.monotonic(), self._fraction()

    def finish(self, ordinal: int) -> None:
        self.frames_done += len(self.windows.pop(ordinal).record.numbers)

    def progress(self) -> Progress:
        fraction = self._fraction()
        seconds_left = None
        if self._began is not None:
            started, at_start = self._began
            elapsed, gained = time.monotonic() - started, fraction - at_start
            # A first guess from a hundredth of the work is worth less than none.
            if gained > 0.01 and elapsed > 1.0:
                seconds_left = elapsed / gained * (1.0 - fraction)
        delivered = sum(window.frames_delivered for window in self.windows.values())
        return Progress(self.frames_done + delivered, self.job.frames, fraction, seconds_left, self._said())

    def _fraction(self) -> float:
        part = sum(window.share_done * len(window.record.numbers) for window in self.windows.values())
        return (self.frames_done + part) / self.job.frames

    def _said(self) -> str:
        if self.running or self.ready:
            return self.message
        lacking = sum(1 for window in self.windows.values() if window.lacking)
        return f"Waiting for the frames of {lacking} of {len(self.windows)} windows." if lacking else self.message
