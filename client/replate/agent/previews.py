"""What is being made, as files that a host can show."""

from __future__ import annotations

import itertools
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from replate.states import Preview

_KEPT = 2
"""Of a job: a host may still be reading the one before the last."""


class Previews:
    """PNGs in a folder of the agent's own, each under a new name, since hosts keep what they read by its name.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = itertools.count(1)
        self._files: dict[str, list[Path]] = {}
        self._lock = threading.Lock()

    def put(self, job: str, preview: Preview) -> Path | None:
        """The file of a preview; None where none can be written, which is no reason to stop."""
        with self._lock, suppress(OSError):
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="replate-making-", ignore_cleanup_errors=True)
            file = Path(self._folder.name, f"{next(self._count)}.png")
            file.write_bytes(preview.png)
            self._files.setdefault(job, []).append(file)
            self._drop(job, _KEPT)
            return file
        return None

    def drop(self, job: str) -> None:
        """The job has ended."""
        with self._lock:
            self._drop(job, 0)

    def close(self) -> None:
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _drop(self, job: str, most: int) -> None:
        files = self._files.get(job, [])
        while len(files) > most:
            # On Windows a file that a host reads cannot go; the folder goes with the agent.
            with suppress(OSError):
                files.pop(0).unlink(missing_ok=True)
        if not files:
            self._files.pop(job, None)
