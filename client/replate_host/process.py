"""The agent as a process: lines in, lines out, and its last words."""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .environment import no_window
from .protocol import AgentError, message_of


class AgentProcess:
    """A running agent. `send` never blocks; one thread iterates over what the agent says."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts it. Raises `AgentError` when that cannot be done."""
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                creationflags=no_window(),
                # Ctrl-C in the host's terminal is not meant for the agent.
                start_new_session=os.name != "nt",
            )
        except (OSError, ValueError) as error:
            raise AgentError(
                "Unmet", f"The agent '{command[0]}' cannot be started ({error}); set REPLATE_AGENT to one that can."
            ) from error
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said: collections.deque[str] = collections.deque(maxlen=20)
        # A pipe that nobody empties would stop the agent, and one that the agent does not empty the host.
        threading.Thread(target=self._write, name="replate-write", daemon=True).start()
        self._listener = threading.Thread(target=self._listen, name="replate-stderr", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, line: bytes) -> None:
        self._outbox.put(line)

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the agent says, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = message_of(line)
            if message is not None:
                yield message

    def close_input(self) -> None:
        """Tells the agent that there is nothing more: it finishes sending and ends."""
        self._outbox.put(None)

    def end(self) -> str:
        """Waits for a process whose output has ended, and gives its last words, or its exit status."""
        self.close_input()
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._listener.join(timeout=1)
        said = [line for line in self._said if line]
        return said[-1] if said else f"exit status {status}"

    def kill(self) -> None:
        self._process.kill()

    def _write(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        # When the agent ended, whoever reads its output hears of it.
        with contextlib.suppress(OSError, ValueError):
            while (line := self._outbox.get()) is not None:
                stdin.write(line)
                stdin.flush()
        with contextlib.suppress(OSError):
            stdin.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line.decode("utf-8", "replace").strip())
