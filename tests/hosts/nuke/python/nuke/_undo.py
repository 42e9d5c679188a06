"""Undo: a journal of how to take a change back and how to make it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Step = tuple[Callable[[], object], Callable[[], object]]
"""Back, and forth again."""


@dataclass
class Entry:
    name: str
    steps: list[Step] = field(default_factory=list)


class Journal:
    def __init__(self) -> None:
        self.done: list[Entry] = []
        self.undone: list[Entry] = []
        self.open: list[Entry] = []
        self.disabled = 0

    def record(self, back: Callable[[], object], forth: Callable[[], object]) -> None:
        """What was just done. Outside of a group it is an entry of its own."""
        if self.disabled:
            return
        self.undone.clear()
        if self.open:
            self.open[-1].steps.append((back, forth))
        else:
            self.done.append(Entry("", [(back, forth)]))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is recorded meanwhile."""
        self.disabled += 1
        try:
            yield
        finally:
            self.disabled -= 1

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """All that is done meanwhile is one entry."""
        self.begin(name)
        try:
            yield
        finally:
            self.end()

    def begin(self, name: str) -> None:
        self.open.append(Entry(name))

    def end(self) -> None:
        if not self.open:
            raise RuntimeError("nuke.Undo.end() without a begin()")
        entry = self.open.pop()
        if not entry.steps:
            return
        if self.open:
            self.open[-1].steps += entry.steps
        else:
            self.done.append(entry)

    def undo(self) -> None:
        self._move(self.done, self.undone, forth=False)

    def redo(self) -> None:
        self._move(self.undone, self.done, forth=True)

    def _move(self, source: list[Entry], target: list[Entry], forth: bool) -> None:
        if not source:
            return
        entry = source.pop()
        with self.paused():
            for back, again in entry.steps if forth else reversed(entry.steps):
                (again if forth else back)()
        target.append(entry)

    def clear(self) -> None:
        self.done.clear()
        self.undone.clear()


journal = Journal()


class Undo:
    """`with nuke.Undo("Make a node"): ...`; or begin, name and end, on the class itself."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __enter__(self) -> Undo:
        journal.begin(self._name)
        return self

    def __exit__(self, *failure: Any) -> None:
        journal.end()

    @staticmethod
    def begin(name: str = "") -> None:
        journal.begin(name)

    @staticmethod
    def name(name: str) -> None:
        if journal.open:
            journal.open[-1].name = name

    @staticmethod
    def end() -> None:
        journal.end()

    @staticmethod
    def new(name: str = "") -> None:
        journal.end()
        journal.begin(name)

    @staticmethod
    def cancel() -> None:
        """Takes back what the open group did."""
        if journal.open:
            entry = journal.open.pop()
            journal.done.append(entry)
            journal.undo()
            journal.undone.pop()

    @staticmethod
    def undo() -> None:
        journal.undo()

    @staticmethod
    def redo() -> None:
        journal.redo()

    @staticmethod
    def undoSize() -> int:
        return len(journal.done)

    @staticmethod
    def redoSize() -> int:
        return len(journal.undone)

    @staticmethod
    def undoTruncate(size: int = 0) -> None:
        del journal.done[: len(journal.done) - size]

    @staticmethod
    def redoTruncate(size: int = 0) -> None:
        del journal.undone[: len(journal.undone) - size]

    @staticmethod
    def undoDescribe(index: int = 0) -> str:
        return journal.done[-1 - index].name

    @staticmethod
    def redoDescribe(index: int = 0) -> str:
        return journal.undone[-1 - index].name

    @staticmethod
    def disable() -> None:
        journal.disabled += 1

    @staticmethod
    def enable() -> None:
        journal.disabled = max(0, journal.disabled - 1)

    @staticmethod
    def disabled() -> bool:
        return journal.disabled > 0
