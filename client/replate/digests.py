"""Digests that are known already, so that pixels are neither read nor hashed twice."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import weakref
from collections import OrderedDict
from pathlib import Path

import numpy as np
import platformdirs
from google.protobuf.message import DecodeError

from replate.errors import BadRequest
from replate.frame import Pixels, StoredFrame, digest_of, pixel_bytes
from replate.v1 import plates_pb2
from replate.wire import read_frame, write_frame

_MOST_FILES = 500_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS frames (
    fingerprint TEXT PRIMARY KEY,
    frame BLOB NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID
"""


class Digests:
    """Digests of arrays in memory. Thread-safe.

    An array is made read-only when its digest is remembered: changed in place, it
    would go under the wrong name. Arrays that somebody else may write through
    (views of writable memory) are hashed each time.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Pixels], str]] = {}
        self._lock = threading.Lock()

    def of(self, pixels: Pixels) -> str:
        """64 hexadecimal digits."""
        key = id(pixels)
        with self._lock:
            found = self._known.get(key)
        if found is not None and found[0]() is pixels and not pixels.flags.writeable:
            return found[1]
        digest = digest_of(pixel_bytes(pixels))
        if _freeze(pixels):
            self.remember(pixels, digest)
        return digest

    def remember(self, pixels: Pixels, digest: str) -> None:
        """For read-only pixels whose digest is known, such as downloaded ones."""
        key = id(pixels)
        with self._lock:
            self._known[key] = (weakref.ref(pixels, lambda _: self._known.pop(key, None)), digest)


class FileDigests:
    """What frames of files held when they were last read, kept on disk between runs.

    A help and never a need: a folder that cannot be written or a damaged database
    only means that files are read again. Thread-safe.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or Path(platformdirs.user_cache_dir("replate", appauthor=False))) / "digests.sqlite"
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._broken = False

    def find(self, fingerprint: str) -> StoredFrame | None:
        """The frame that was read under this fingerprint."""
        with self._lock, self._quietly():
            database = self._open()
            row = database.execute("SELECT frame FROM frames WHERE fingerprint = ?", (fingerprint,)).fetchone()
            if row is not None:
                return read_frame(plates_pb2.Frame.FromString(row[0]))
        return None

    def remember(self, fingerprint: str, frame: StoredFrame) -> None:
        with self._lock, self._quietly():
            database = self._open()
            database.execute(
                "INSERT OR REPLACE INTO frames VALUES (?, ?, ?)",
                (fingerprint, write_frame(frame).SerializeToString(), time.time()),
            )

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            if self._broken:
                raise sqlite3.OperationalError("not usable")
            self._broken = True
            self._file.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._file, timeout=2, isolation_level=None, check_same_thread=False)
            database.execute("PRAGMA journal_mode=WAL")
            # Losing the last entries in a power cut costs reading those files again.
            database.execute("PRAGMA synchronous=OFF")
            database.execute(_SCHEMA)
            count = database.execute("SELECT count(*) FROM frames").fetchone()[0]
            if count > _MOST_FILES:
                database.execute(
                    "DELETE FROM frames WHERE fingerprint IN (SELECT fingerprint FROM frames ORDER BY used LIMIT ?)",
                    (count - _MOST_FILES // 2,),
                )
            self._database, self._broken = database, False
        return self._database

    def _quietly(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.suppress(sqlite3.Error, OSError, BadRequest, DecodeError, ValueError)


class OfferedDigests:
    """What frames of files held that their writer has offered, and so holds for whole. Thread-safe.

    Their time stamps are believed from the first moment on. In memory, and bounded.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._known: OrderedDict[str, StoredFrame] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, fingerprint: str) -> StoredFrame | None:
        with self._lock:
            return self._known.get(fingerprint)

    def remember(self, fingerprint: str, frame: StoredFrame) -> None:
        """Forgets what was offered longest ago when there is too much."""
        with self._lock:
            self._known[fingerprint] = frame
            self._known.move_to_end(fingerprint)
            if len(self._known) > self._most:
                self._known.popitem(last=False)


def _freeze(pixels: Pixels) -> bool:
    """Makes an array read-only where that suffices to keep its memory unchanged."""
    if pixels.base is None:
        pixels.flags.writeable = False
        return True
    memory: object = pixels
    while isinstance(memory, np.ndarray):
        if memory.flags.writeable:
            return False
        memory = memory.base
    return memory is None or isinstance(memory, bytes)
