"""Which pixels are on their way to the server, so that no two uploads of a client carry the same."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Claims:
    """Digests that are being sent, each by one upload. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    def take(self, digest: str, when_free: Callable[[], None]) -> bool:
        """Claims a digest; where another upload has it, `when_free` is called once it has it no longer.

        Then the pixels are on the server, or were given up: the server knows.
        """
        with self._lock:
            others = self._waiting.get(digest)
            if others is not None:
                others.append(when_free)
                return False
            self._waiting[digest] = []
            return True

    def give(self, digest: str) -> None:
        """For whoever took it; without the lock of an upload, as another's is taken in turn."""
        with self._lock:
            waiting = self._waiting.pop(digest, [])
        for each in waiting:
            each()
