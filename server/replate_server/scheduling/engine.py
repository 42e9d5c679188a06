"""What runs windows, seen from the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from replate_server.worker.contract import Message, WindowTask


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker is gone, and with it the windows that it had; another takes its place."""

    device: str
    running: tuple[int, ...]
    """Tasks that it may have been running."""
    queued: tuple[int, ...]
    """Tasks that it had not begun."""
    reason: str
    """A clause for a sentence: "killed by signal 9, perhaps for memory"."""


Report = Callable[[str, Message | WorkerDied], None]
"""Takes a device's name and what its worker said. Called from any thread."""


class Engine(Protocol):
    """Workers on devices. Thread-safe."""

    @property
    def devices(self) -> Sequence[str]:
        """Names of workers, each of which runs one window at a time: "cuda:0", and "cuda:0#2" for a second there."""

    def start(self, report: Report) -> None:
        """Starts the workers; from now on their messages are reported."""

    def run(self, device: str, task: WindowTask) -> None:
        """Gives a device's worker a task, to run after those it has."""

    def cancel(self, device: str, task: int) -> None:
        """Asks for a task to stop at its next step; it then ends with `Cancelled`."""

    def stop(self) -> None:
        """Ends the workers at once. Windows they had are not reported."""
