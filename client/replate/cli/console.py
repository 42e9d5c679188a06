"""What the commands say: results on stdout, everything else on stderr."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from replate.states import JobInfo

_PIPE_WIDTH = 240


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for whoever sits there."""
    notes().print(text, highlight=False, markup=False, soft_wrap=True)


@functools.cache
def notes() -> Console:
    """The console of stderr."""
    return Console(stderr=True)


@functools.cache
def results() -> Console:
    """The console of stdout; wide enough for any table where it is a pipe or a file."""
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


@dataclass(slots=True)
class Bar:
    """Shows how a job stands, and tells its warnings, each once."""

    _progress: Progress
    _task: TaskID
    _told: set[str] = field(default_factory=set)

    def show(self, info: JobInfo) -> None:
        for warning in info.warnings:
            if warning not in self._told:
                self._told.add(warning)
                self._progress.console.print(f"Warning: {warning}", highlight=False, markup=False, soft_wrap=True)
        progress = info.progress
        self._progress.update(
            self._task,
            total=max(progress.frames_total, 1),
            completed=max(progress.frames_done, progress.fraction * progress.frames_total),
            doing=info.message or info.state.value,
            left=f"about {duration(progress.seconds_left)} left" if progress.seconds_left is not None else "",
        )


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """A progress bar on stderr, where that is a terminal."""
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        _Frames(),
        TextColumn("{task.fields[left]}", style="cyan", markup=False),
        TextColumn("{task.fields[doing]}", style="dim", markup=False),
        console=notes(),
        disable=not notes().is_terminal,
        transient=True,
        expand=True,
    )
    with progress:
        yield Bar(progress, progress.add_task(title, total=1, doing="", left=""))


def duration(seconds: float) -> str:
    """Seconds as "8 s", "2 min 10 s" or "1 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class _Frames(MofNCompleteColumn):
    """Whole frames, though the bar moves within them."""

    def render(self, task: Any) -> Any:
        from rich.text import Text

        return Text(f"{int(task.completed)}/{int(task.total or 0)}", style="progress.download")
