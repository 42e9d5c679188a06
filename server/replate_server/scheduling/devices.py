"""What each device has been given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from replate_server.worker.contract import WindowTask


@dataclass(frozen=True, slots=True)
class Given:
    """A window on a device."""

    job: str
    owner: str
    ordinal: int
    urgent: bool = False
    """It may run in the middle of what the device had before."""


class Devices:
    """The tasks on each device, in the order in which they run. Guarded by the scheduler's lock."""

    def __init__(self, names: Iterable[str]) -> None:
        self._tasks: dict[str, dict[int, Given]] = {name: {} for name in names}

    def idle(self) -> str | None:
        """A device that has nothing."""
        return next((name for name, tasks in self._tasks.items() if not tasks), None)

    def soon_idle(self, short: Callable[[str], bool]) -> str | None:
        """A device that has one window, of a job whose windows are `short`: it can be given the next already."""
        for name, tasks in self._tasks.items():
            if len(tasks) == 1 and all(short(given.job) for given in tasks.values()):
                return name
        return None

    def interruptible(self, urgent: Callable[[str], bool]) -> str | None:
        """A device on which nobody's urgent window is: one can be put in the middle of what it has."""
        for name, tasks in self._tasks.items():
            if not any(given.urgent or urgent(given.job) for given in tasks.values()):
                return name
        return None

    def give(self, device: str, task: WindowTask, given: Given) -> None:
        self._tasks[device][task.id] = given

    def given(self, device: str, task: int) -> Given:
        return self._tasks[device][task]

    def take(self, device: str, task: int) -> Given:
        """The window is not on the device any more."""
        return self._tasks[device].pop(task)

    def of(self, job: str) -> Iterator[tuple[str, int]]:
        """Device and task of each of a job's windows."""
        for name, tasks in self._tasks.items():
            for task, given in tasks.items():
                if given.job == job:
                    yield name, task
