"""A job's events as they happen, over restarts of the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from replate.errors import Cancelled, Unavailable
from replate.frame import StoredFrame
from replate.link import Link, Patience
from replate.states import JobInfo, Preview, read_job, read_preview
from replate.v1 import jobs_pb2
from replate.wire import read_frame


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something happened to a job: it changed (`info`), an `output` has another `frame`, or one looks so by now."""

    sequence: int
    """Watching again after this number misses nothing."""
    info: JobInfo | None = None
    output: str = ""
    frame: StoredFrame | None = None
    preview: Preview | None = None


@dataclass(slots=True)
class Watch:
    """A job's events after a sequence number, until the job ends. `stop` may be called from any thread."""

    link: Link
    job: str
    after: int = 0
    previews: bool = False
    """Whether frames are shown while they are being made."""
    away: Callable[[], None] = lambda: None
    """Called when the server went away, once each time; it is waited for."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _call: Any = None

    def stop(self) -> None:
        """Iteration ends with `Cancelled`."""
        with self._lock:
            self._stop.set()
            call = self._call
        if call is not None:
            call.cancel()

    def __iter__(self) -> Iterator[JobEvent]:
        """Raises `Unavailable` when a server that went away stays away, `NotFound` for an unknown job."""
        patience = Patience(self.link)
        waiting = False
        while True:
            try:
                for event in self._events():
                    patience.answered()
                    waiting = False
                    yield event
                    if event.info is not None and event.info.state.ended:
                        return
                # The stream of a job that ended before `after` is empty.
                info = self._now()
                if info.state.ended:
                    yield JobEvent(self.after, info)
                    return
                raise Unavailable("The server stopped telling of the job; try again.")
            except Cancelled:
                if self._stop.is_set():
                    raise
                # A server that shuts down cancels its calls.
                gone = Unavailable("The server is shutting down; try again in a while.")
            except Unavailable as error:
                if self._stop.is_set():
                    raise Cancelled("The watching was stopped.") from error
                gone = error
            if not waiting:
                waiting = True
                self.away()
            patience.wait(gone, self._stop)

    def _events(self) -> Iterator[JobEvent]:
        with self.link.typed():
            request = jobs_pb2.WatchRequest(job=self.job, after=self.after, previews=self.previews)
            call = self.link.calls.jobs.Watch(request, metadata=self.link.metadata)
            with self._lock:
                self._call = call
            if self._stop.is_set():
                call.cancel()
            try:
                for message in call:
                    event = self._read(message)
                    if event is not None:
                        yield event
            finally:
                with self._lock:
                    self._call = None
                call.cancel()

    def _read(self, message: jobs_pb2.JobEvent) -> JobEvent | None:
        """None for news of a kind that a later server has."""
        self.after = max(self.after, message.sequence)
        match message.WhichOneof("event"):
            case "job":
                return JobEvent(message.sequence, read_job(message.job))
            case "frame":
                return JobEvent(message.sequence, None, message.frame.output, read_frame(message.frame.frame))
            case "preview":
                return JobEvent(message.sequence, preview=read_preview(message.preview))
        return None

    def _now(self) -> JobInfo:
        return read_job(self.link.ask(lambda calls: calls.jobs.Get, jobs_pb2.GetRequest(job=self.job)))
