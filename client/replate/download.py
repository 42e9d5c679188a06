"""Frames from the server: one stream that is told what to send while it sends."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from blake3 import blake3

from replate.chunks import Chunk
from replate.errors import Cancelled, Damaged, Unavailable
from replate.frame import Frame, Pixels, StoredFrame
from replate.link import Link, Patience, Stream
from replate.v1 import plates_pb2
from replate.wire import write_digest


@dataclass(slots=True)
class Download:
    """Gets frames in the order in which they are wanted; more may be wanted while it runs.

    `want`, `complete` and `stop` may be called from any thread; one thread iterates.
    """

    link: Link
    received: int = 0
    """Bytes of pixels so far."""
    _wanted: deque[tuple[str, StoredFrame]] = field(default_factory=deque)
    _asked: deque[tuple[str, StoredFrame]] = field(default_factory=deque)
    _complete: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _condition: threading.Condition = field(default_factory=threading.Condition)
    _call: Any = None

    def want(self, output: str, frame: StoredFrame) -> None:
        with self._condition:
            self._wanted.append((output, frame))
            self._condition.notify_all()

    def complete(self) -> None:
        """Nothing more will be wanted: iteration ends after the last frame."""
        with self._condition:
            self._complete = True
            self._condition.notify_all()

    def stop(self) -> None:
        """Iteration ends with `Cancelled`."""
        with self._condition:
            self._stop.set()
            call = self._call
            self._condition.notify_all()
        if call is not None:
            call.cancel()

    def __iter__(self) -> Iterator[tuple[str, Frame]]:
        """Output names and frames, pixels checked against their digest and read-only.

        Raises `NotFound` for pixels the server no longer has, `Damaged` for wrong
        ones, and `Unavailable` when a server that went away does not come back.
        """
        patience = Patience(self.link)
        while self._wait_for_work():
            try:
                for found in self._receive():
                    patience.answered()
                    yield found
            except Unavailable as error:
                with self._condition:
                    self._wanted.extendleft(reversed(self._asked))
                    self._asked.clear()
                patience.wait(error, self._stop)
            if self._stop.is_set():
                raise Cancelled("The download was stopped.")

    def _receive(self) -> Iterator[tuple[str, Frame]]:
        """One Download call."""
        stream = Stream()

        def requests() -> Iterator[plates_pb2.DownloadRequest]:
            while (wanted := self._next(stream)) is not None:
                yield plates_pb2.DownloadRequest(digest=write_digest(wanted[1].digest))

        call: Any = None
        try:
            with self.link.typed():
                call = self.link.calls.download(requests(), metadata=self.link.metadata)
                with self._condition:
                    self._call = call
                chunks = iter(call)
                while (first := next(chunks, None)) is not None:
                    output, stored = self._asked[0]
                    frame = Frame(stored.spec, _assemble(stored, first, chunks))
                    self._asked.popleft()
                    self.received += stored.spec.size
                    yield output, frame
        finally:
            with self._condition:
                self._call, stream.open = None, False
                self._condition.notify_all()
            if call is not None:
                call.cancel()
        if self._asked:
            raise Unavailable("The server ended the download before it had sent everything; try again.")

    def _wait_for_work(self) -> bool:
        with self._condition:
            while not self._wanted and not self._complete and not self._stop.is_set():
                self._condition.wait()
            return bool(self._wanted) and not self._stop.is_set()

    def _next(self, stream: Stream) -> tuple[str, StoredFrame] | None:
        with self._condition:
            while stream.open and not self._wanted and not self._complete and not self._stop.is_set():
                self._condition.wait()
            if not stream.open or not self._wanted or self._stop.is_set():
                return None
            wanted = self._wanted.popleft()
            self._asked.append(wanted)
            return wanted


def _assemble(stored: StoredFrame, first: Chunk, rest: Iterator[Chunk]) -> Pixels:
    """A frame's pixels from its chunks, copied once into their array."""
    spec, number = stored.spec, stored.spec.number
    if first.digest.hex() != stored.digest or first.size != spec.size:
        raise Damaged(f"The server sent other pixels than those of frame {number}; get the frame again.")
    pixels: Pixels = np.empty(spec.shape, spec.pixel_type.dtype)
    # numpy copies without holding the interpreter.
    blob, filled, digest = pixels.reshape(-1).view(np.uint8), 0, blake3()
    chunk: Chunk | None = first
    while chunk is not None:
        end = filled + len(chunk.data)
        if end > spec.size:
            raise Damaged(f"The server sent too many pixels for frame {number}; get the frame again.")
        blob[filled:end] = np.frombuffer(chunk.data, np.uint8)
        # While the chunk is still in the processor's cache.
        digest.update(chunk.data)
        filled = end
        if filled == spec.size:
            break
        chunk = next(rest, None)
    if filled < spec.size:
        raise Unavailable(f"The server stopped in the middle of frame {number}; try again.")
    if digest.hexdigest() != stored.digest:
        raise Damaged(f"The pixels of frame {number} were damaged on their way; get the frame again.")
    pixels.flags.writeable = False
    return pixels
