"""Messages as lines of JSON, in and out."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

MOST = 16 << 20
"""Bytes of a line; longer ones are skipped to their end."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no message."""

    code: int
    """Of the error in JSON-RPC."""
    why: str


class Lines:
    """A stream of messages each way. Writing is thread-safe; one thread reads."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Any | Unreadable]:
        """What each line holds, or why it holds nothing; ends with the stream."""
        while True:
            line = self._source.readline(MOST + 1)
            if not line:
                return
            if len(line) > MOST and not line.endswith(b"\n"):
                self._skip()
                yield Unreadable(-32600, f"A line is longer than {MOST >> 20} MiB; send shorter messages.")
            elif line.strip():
                yield _read(line)

    def write(self, message: dict[str, Any]) -> None:
        """Sends one message. A reader that has gone away is no error: the end of its own stream says so."""
        line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
        with self._lock:
            try:
                self._sink.write(line.encode("utf-8", "replace"))
                self._sink.flush()
            except (OSError, ValueError):
                return

    def _skip(self) -> None:
        while (rest := self._source.readline(MOST)) and not rest.endswith(b"\n"):
            pass


def standard_lines() -> Lines:
    """Stdin and stdout, with stdout kept for messages: what libraries print goes to stderr from here on."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return Lines(sys.stdin.buffer, sink)


def _read(line: bytes) -> Any | Unreadable:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unreadable(-32700, f"A line is no JSON ({error}); send one message a line, in UTF-8.")
