"""Which blobs the store holds, and which go when it is full.

The folder is the truth; this is its index in memory, in order of last use. The
order survives a restart through the files' modification times.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from replate.errors import Exhausted
from replate_server.store.files import FrameFiles

UNSETTLED_SECONDS = 60.0
"""What was used this long before the last use may not have reached the disk when the power went."""

LOW_WATER = 0.95
"""Eviction goes on to this share of the limit, so that it does not run for every frame."""


@dataclass(slots=True)
class Held:
    size: int
    used: float
    """Seconds since the epoch."""


class FrameStore:
    """The server's blobs under a size limit. Thread-safe.

    `needed` gives the digests that open jobs need; it is called without the store's lock held.
    """

    def __init__(
        self, files: FrameFiles, limit: int, grace_seconds: float, needed: Callable[[], Collection[str]]
    ) -> None:
        self.files = files
        self.limit = limit
        self._grace = grace_seconds
        self._needed = needed
        self._lock = threading.Lock()
        self._evicting = threading.Lock()
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._kept: Counter[str] = Counter()
        self._promised = 0
        for name, size, used in _sound(files):
            self._held[name] = Held(size, used)
        self._bytes = sum(held.size for held in self._held.values())

    @property
    def bytes_held(self) -> int:
        return self._bytes

    def has(self, digest: str) -> bool:
        with self._lock:
            return digest in self._held

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those that are not held, each once, in order. Those that are count as used now."""
        wanted = list(dict.fromkeys(digests))
        now = time.time()
        with self._lock:
            lacking = [digest for digest in wanted if digest not in self._held]
            present = [digest for digest in wanted if digest in self._held]
            for digest in present:
                self._use(digest, now)
        return lacking

    def touch(self, digest: str) -> None:
        with self._lock:
            if digest in self._held:
                self._use(digest, time.time())

    def reserve(self, size: int) -> Reservation:
        """Room for a blob that is about to be written, made by evicting what was not used for longest.

        Raises `Exhausted` when open jobs need everything that is there.
        """
        with self._lock:
            self._promised += size
            over = self._bytes + self._promised > self.limit
        if over:
            try:
                self._evict()
            except Exhausted:
                self._release(size)
                raise
        return Reservation(lambda: self._release(size))

    def adopt(self, name: str, size: int) -> bool:
        """Enters a blob that lies in the folder now, written by a worker or an upload.

        False when it does not: whoever found it there and did not write it again was too late, it has been evicted.
        """
        with self._lock:
            if name not in self._held:
                if not self.files.has(name):
                    return False
                self._bytes += size
                self._held[name] = Held(size, 0.0)
            self._use(name, time.time())
            over = self._bytes + self._promised > self.limit
        if over:
            # What a worker has written is there already; the next one who asks for room hears of a full store.
            with suppress(Exhausted):
                self._evict()
        return True

    @contextmanager
    def adopted(self, name: str, size: int) -> Iterator[bool]:
        """As `adopt`; the blob is not evicted before the block ends, so that it can be entered where it is needed."""
        with self._lock:
            self._kept[name] += 1
        try:
            yield self.adopt(name, size)
        finally:
            with self._lock:
                self._kept[name] -= 1
                if not self._kept[name]:
                    del self._kept[name]

    def _use(self, name: str, now: float) -> None:
        held = self._held[name]
        # The time on disk need not be exact: it only orders evictions after a restart.
        if now - held.used > 60.0:
            with suppress(FileNotFoundError):
                os.utime(self.files.path(name), (now, now))
        held.used = now
        self._held.move_to_end(name)

    def _release(self, size: int) -> None:
        with self._lock:
            self._promised -= size

    def _evict(self) -> None:
        with self._evicting:
            needed = self._needed()
            horizon = time.time() - self._grace
            with self._lock:
                excess = self._bytes + self._promised - int(self.limit * LOW_WATER)
                going = []
                for name, held in self._held.items():
                    if excess <= 0 or held.used > horizon:
                        break
                    if name not in needed and name not in self._kept:
                        going.append(name)
                        excess -= held.size
                for name in going:
                    self._bytes -= self._held.pop(name).size
                    self.files.drop(name)
                still_over = self._bytes + self._promised > self.limit
        if still_over:
            raise Exhausted(
                f"The server's store is full ({self.limit / 2**30:.1f} GiB) of what open jobs need and what was "
                "used a moment ago: wait for jobs to end, or raise store.limit_gb."
            )


class Reservation:
    """Room in the store, given back when the block ends."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()


def _sound(files: FrameFiles) -> Iterator[tuple[str, int, float]]:
    """The folder's blobs, the least recently used first. Those that a power cut spoiled are removed."""
    listing = sorted(files.listing(), key=lambda entry: entry[2])
    settled = listing[-1][2] - UNSETTLED_SECONDS if listing else 0.0
    for name, size, used in listing:
        if used < settled or files.is_whole(name):
            yield name, size, used
        else:
            files.drop(name)
