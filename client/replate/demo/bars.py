"""A bar for each thing that is under way, with an estimate of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Tell = Callable[[float, str], None]
"""Hears how many frames are done, and what else there is to say."""


class Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def add(self, label: str, total: int, *, waits: bool = False) -> Tell:
        """A bar for so many frames; one that `waits` counts its time from when it first hears something."""
        bar = self._progress.add_task(label, total=total, start=not waits, news="")

        def tell(done: float, news: str = "") -> None:
            self._progress.start_task(bar)
            self._progress.update(bar, completed=int(done), news=news)

        return tell


@contextmanager
def shown(console: Console) -> Iterator[Bars]:
    """Bars that are drawn until the block ends."""
    columns = (TextColumn("{task.description:13}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[news]}"), console=console) as progress:
        yield Bars(progress)
