"""A count of bytes that several threads keep under a limit."""

from __future__ import annotations

import threading


class Budget:
    """Bytes held at once, at most `limit`; a single piece over the limit passes when nothing else is held."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._stopped = False
        self._condition = threading.Condition()

    def try_take(self, size: int) -> bool:
        """Takes the bytes if they fit just now."""
        with self._condition:
            return self._take(size)

    def take(self, size: int) -> bool:
        """Waits until the bytes fit; False when the budget was stopped meanwhile."""
        with self._condition:
            while not self._stopped:
                if self._take(size):
                    return True
                self._condition.wait()
            return False

    def give(self, size: int) -> None:
        with self._condition:
            self._held -= size
            self._condition.notify_all()

    def stop(self) -> None:
        """Ends all waiting, now and later."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    def _take(self, size: int) -> bool:
        if self._held and self._held + size > self._limit:
            return False
        self._held += size
        return True
