"""Whether anything reaches for the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto")
_watchers: list[list[str]] = []
_installed = False


@contextmanager
def nothing_leaves() -> Iterator[list[str]]:
    """A list that fills with attempts to reach the network, made by Python code, until the end of the block."""
    global _installed
    if not _installed:
        # An audit hook cannot be taken away again, so there is one, which is idle outside such blocks.
        sys.addaudithook(_heard)
        _installed = True
    attempts: list[str] = []
    _watchers.append(attempts)
    try:
        yield attempts
    finally:
        _watchers.remove(attempts)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if _watchers and event in _EVENTS:
        for watcher in _watchers:
            watcher.append(f"{event} {arguments[1:] if event != 'socket.getaddrinfo' else arguments[:2]}")
