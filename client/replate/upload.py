"""Blobs on their way to the server, in the background."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from replate.chunks import Chunk, chunks_of
from replate.claims import Claims
from replate.errors import Cancelled, Failed, ReplateError, Unavailable
from replate.link import Link, Patience, Stream
from replate.v1 import plates_pb2
from replate.wire import write_digest

_BATCH = 1_000
"""Digests in one question to the server."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Pixels that can be had when the server asks for them."""

    digest: str
    size: int
    load: Callable[[], memoryview]
    """Gives the bytes, from memory or by reading the file again; called on the upload's thread."""
    release: Callable[[], None] = lambda: None
    """Called once, when the bytes are no longer needed."""


@dataclass(slots=True)
class Sent:
    """How far an upload is."""

    blobs: int = 0
    bytes: int = 0
    wanted_blobs: int = 0
    wanted_bytes: int = 0


@dataclass(slots=True)
class Upload:
    """Sends the blobs that the server lacks of those offered, while more are being offered.

    A server that goes away is waited for; what it acknowledged is not sent again.
    """

    link: Link
    claims: Claims = field(default_factory=Claims)
    """Shared by a client's uploads: what one of them sends the others wait for."""
    sent: Sent = field(default_factory=Sent)
    error: ReplateError | None = None
    """Why it stopped early, once it has."""
    _offered: deque[Blob] = field(default_factory=deque)
    _needed: deque[Blob] = field(default_factory=deque)
    _on_the_way: dict[str, Blob] = field(default_factory=dict)
    _pending: int = 0
    """Blobs that the server is being asked about, or that another upload is sending."""
    _released: bool = False
    _known: set[str] = field(default_factory=set)
    _complete: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _condition: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _call: Any = None
    _tell: Callable[[ReplateError], None] | None = None

    def offer(self, blob: Blob) -> None:
        """Sends the blob if the server lacks it."""
        with self._condition:
            if blob.digest in self._known or self._stop.is_set():
                blob.release()
                return
            self._known.add(blob.digest)
            self._offered.append(blob)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="replate-upload", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def complete(self) -> None:
        """Nothing more will be offered."""
        with self._condition:
            self._complete = True
            self._condition.notify_all()

    def stop(self) -> None:
        """Gives up what has not been sent."""
        with self._condition:
            self._stop.set()
            call = self._call
            self._condition.notify_all()
        if call is not None:
            call.cancel()

    def wait(self) -> None:
        """Returns when everything offered is on the server. Raises what stopped it."""
        if self._thread is not None:
            self._thread.join()
        if self.error is not None:
            raise self.error

    def when_failed(self, tell: Callable[[ReplateError], None]) -> None:
        """Calls `tell` with the error when sending fails, or has failed; not when it was stopped."""
        with self._condition:
            self._tell = tell
            told = self.error
        if told is not None:
            tell(told)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        patience = Patience(self.link)
        try:
            while True:
                try:
                    if not self._ready(Stream()):
                        return
                    self._send(patience)
                except Unavailable as error:
                    self._send_again()
                    patience.wait(error, self._stop)
        except ReplateError as error:
            self._fail(error)
        except Exception as error:
            self._fail(Failed(f"Sending frames failed ({type(error).__name__}: {error}); report this."))
        finally:
            self._release_all()

    def _fail(self, error: ReplateError) -> None:
        with self._condition:
            stopped = self._stop.is_set()
            self.error = Cancelled("The sending of frames was stopped.") if stopped else error
            tell = self._tell
        if tell is not None and not stopped:
            # The upload's failure is what matters; that of telling it has no one to hear.
            with contextlib.suppress(ReplateError):
                tell(error)

    def _send(self, patience: Patience) -> None:
        """One Upload call, until everything is sent or it breaks."""
        stream, faults = Stream(), list[ReplateError]()

        def requests() -> Iterator[Chunk]:
            try:
                while (blob := self._next(stream)) is not None:
                    yield from chunks_of(write_digest(blob.digest), blob.load())
            except ReplateError as error:
                # Raised here it would be gRPC's, as an unknown fault. What was sent before is acknowledged still.
                faults.append(error)

        try:
            with self.link.typed():
                call = self.link.calls.upload(requests(), metadata=self.link.metadata)
                with self._condition:
                    self._call = call
                for response in call:
                    self._acknowledged(response)
                    patience.answered()
        finally:
            with self._condition:
                self._call, stream.open = None, False
                self._condition.notify_all()
        if faults:
            raise faults[0]
        if self._on_the_way:
            raise Unavailable("The server ended the upload before it had everything; try again.")

    def _acknowledged(self, response: plates_pb2.UploadResponse) -> None:
        with self._condition:
            blob = self._on_the_way.pop(response.digest.hex(), None)
            if blob is not None:
                self.sent.blobs += 1
                self.sent.bytes += blob.size
        if blob is not None:
            self._drop([blob])

    def _next(self, stream: Stream) -> Blob | None:
        """The next blob to send; None when there are no more, or the stream is no longer wanted."""
        while self._ready(stream):
            with self._condition:
                if stream.open and self._needed:
                    blob = self._needed.popleft()
                    self._on_the_way[blob.digest] = blob
                    return blob
        return None

    def _ready(self, stream: Stream) -> bool:
        """Waits for a blob that the server lacks. False when there will be none, or the stream is no longer wanted."""
        while True:
            with self._condition:
                while stream.open and not self._stop.is_set() and not self._needed and not self._offered:
                    if self._complete and not self._pending:
                        return False
                    self._condition.wait()
                if not stream.open or self._stop.is_set():
                    return False
                if self._needed:
                    return True
                batch = [self._offered.popleft() for _ in range(min(_BATCH, len(self._offered)))]
                self._pending += len(batch)
            self._ask(batch)

    def _ask(self, batch: list[Blob]) -> None:
        """Sorts offered blobs into those the server lacks, those it has, and those that another upload sends."""
        mine = [blob for blob in batch if self.claims.take(blob.digest, partial(self._free, blob))]
        if not mine:
            return
        request = plates_pb2.MissingRequest(digests=[write_digest(blob.digest) for blob in mine])
        try:
            answer = self.link.ask(lambda calls: calls.plates.Missing, request)
        except ReplateError:
            for blob in mine:
                self.claims.give(blob.digest)
                self._free(blob)
            raise
        missing = {digest.hex() for digest in answer.digests}
        needed = [blob for blob in mine if blob.digest in missing]
        there = [blob for blob in mine if blob.digest not in missing]
        with self._condition:
            self._pending -= len(mine)
            if self._released:
                needed, there = [], mine
            self._needed.extend(needed)
            self.sent.wanted_blobs += len(needed)
            self.sent.wanted_bytes += sum(blob.size for blob in needed)
            self._condition.notify_all()
        self._drop(there)

    def _free(self, blob: Blob) -> None:
        """A pending blob's whereabouts are open again: the server is to be asked."""
        with self._condition:
            self._pending -= 1
            if not self._released:
                self._offered.append(blob)
            self._condition.notify_all()
            released = self._released
        if released:
            blob.release()

    def _send_again(self) -> None:
        """What was on the way when the server went away is offered anew: it may have arrived."""
        with self._condition:
            lost = [*self._on_the_way.values(), *self._needed]
            self._on_the_way.clear()
            self._needed.clear()
            self.sent.wanted_blobs -= len(lost)
            self.sent.wanted_bytes -= sum(blob.size for blob in lost)
            self._offered.extendleft(reversed(lost))
        for blob in lost:
            self.claims.give(blob.digest)

    def _release_all(self) -> None:
        with self._condition:
            self._stop.set()
            self._released = True
            offered, mine = list(self._offered), [*self._needed, *self._on_the_way.values()]
            for blobs in (self._offered, self._needed, self._on_the_way):
                blobs.clear()
        self._drop(mine)
        for blob in offered:
            blob.release()

    def _drop(self, blobs: list[Blob]) -> None:
        """Of blobs that were claimed: they are on the server, or given up."""
        for blob in blobs:
            self.claims.give(blob.digest)
            blob.release()
