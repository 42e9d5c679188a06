"""A job's output frames as they come: watching, downloading and the caller's own work overlap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace

from replate.budget import Budget
from replate.download import Download
from replate.errors import Cancelled, ReplateError
from replate.frame import Frame
from replate.link import Link
from replate.states import JobInfo, Preview
from replate.upload import Upload
from replate.watch import Watch

AHEAD = 256 << 20
"""Bytes of frames that are downloaded before the caller asks for them."""

AWAY = "The server is away; the job goes on when it is back."

_GLANCE = 0.25
"""Seconds between looks at the upload, and at whether to stop, while nothing comes."""


Wanted = Callable[[str, int], bool]
"""Whether a frame is to be fetched, by its output's name and its number."""


@dataclass(frozen=True, slots=True)
class Result:
    """An output frame and the event's sequence number, how the job stands, or how a frame looks so far."""

    sequence: int
    info: JobInfo | None = None
    output: str = ""
    frame: Frame | None = None
    preview: Preview | None = None


@dataclass(slots=True)
class Results:
    """A job's results after a sequence number. Closing the iterator stops all that runs for it."""

    link: Link
    job: str
    upload: Upload | None = None
    """Where the job's own frames are still on their way; its failure ends the wait."""
    after: int = 0
    wanted: Wanted = lambda output, number: True
    """Which frames to get."""
    remember: Callable[[Frame, str], None] = lambda frame, digest: None
    """Told each frame's digest."""
    stopped: threading.Event | None = None
    """Ends it with `Cancelled` from another thread."""
    info: JobInfo | None = None
    """How the job stands, as far as is known."""
    previews: bool = False
    """Whether frames are shown while they are being made."""
    _preview: Preview | None = None
    """The latest."""
    _queue: queue.SimpleQueue[Result | ReplateError | None] = field(default_factory=queue.SimpleQueue)
    _budget: Budget = field(default_factory=lambda: Budget(AHEAD))

    def __iter__(self) -> Generator[Result, None, None]:
        """Frames in the order in which they were finished, then the job's end. Raises typed errors.

        A job that failed or was cancelled gives its frames first and its last `info`
        like any other; raising is left to the caller.
        """
        watch = Watch(self.link, self.job, self.after, self.previews, self._away)
        download = Download(self.link)
        order: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._watch, args=(watch, download, order), daemon=True),
            threading.Thread(target=self._download, args=(download, order), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield from self._take()
        finally:
            watch.stop()
            download.stop()
            self._budget.stop()

    def _take(self) -> Generator[Result, None, None]:
        last: Result | None = None
        ended = 0
        while ended < 2:
            if self.stopped is not None and self.stopped.is_set():
                raise Cancelled("The watching was stopped.")
            try:
                found = self._queue.get(timeout=_GLANCE)
            except queue.Empty:
                if self.upload is not None and self.upload.error is not None:
                    raise self.upload.error from None
                continue
            if isinstance(found, ReplateError):
                raise found
            if found is None:
                ended += 1
            elif found.info is not None and found.info.state.ended:
                last = found
            elif found.preview is not self._preview and found.preview is not None:
                # The caller is slow, and there is a later one.
                continue
            else:
                yield found
                if found.frame is not None:
                    self._budget.give(found.frame.spec.size)
        # The end is told after the frames, which may be downloading still.
        if last is not None:
            if last.info is not None and last.info.error is not None and self.upload is not None and self.upload.error:
                # A job is cancelled when its frames will never come: why they do not is what matters.
                raise self.upload.error from None
            yield last

    def _away(self) -> None:
        """The job as it was last heard of, with what is happening now."""
        if self.info is not None:
            self._queue.put(Result(0, replace(self.info, message=AWAY)))

    def _watch(self, watch: Watch, download: Download, order: queue.SimpleQueue[tuple[int, str]]) -> None:
        try:
            for event in watch:
                if event.preview is not None:
                    self._preview = event.preview
                    self._queue.put(Result(event.sequence, preview=event.preview))
                elif event.frame is None:
                    self.info = event.info
                    self._queue.put(Result(event.sequence, event.info))
                elif self.wanted(event.output, event.frame.spec.number):
                    order.put((event.sequence, event.frame.digest))
                    download.want(event.output, event.frame)
        except ReplateError as error:
            self._queue.put(error)
        finally:
            download.complete()
            self._queue.put(None)

    def _download(self, download: Download, order: queue.SimpleQueue[tuple[int, str]]) -> None:
        try:
            for output, frame in download:
                sequence, digest = order.get()
                self.remember(frame, digest)
                if not self._budget.take(frame.spec.size):
                    return
                self._queue.put(Result(sequence, None, output, frame))
        except ReplateError as error:
            self._queue.put(error)
        finally:
            self._queue.put(None)
