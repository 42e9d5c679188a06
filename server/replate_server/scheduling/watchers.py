"""Tells those who watch a job that there is news, and lets them look for themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Watchers:
    """Who watches which job. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bells: dict[str, set[threading.Event]] = {}

    @contextmanager
    def watching(self, job: str) -> Iterator[threading.Event]:
        """An event that is set whenever there may be news of the job; the watcher clears it before looking."""
        bell = threading.Event()
        with self._lock:
            self._bells.setdefault(job, set()).add(bell)
        try:
            yield bell
        finally:
            with self._lock:
                bells = self._bells[job]
                bells.discard(bell)
                if not bells:
                    del self._bells[job]

    def ring(self, job: str) -> None:
        with self._lock:
            for bell in self._bells.get(job, ()):
                bell.set()
