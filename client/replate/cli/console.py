"""What the commands say: results on stdout, everything else on stderr."""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from replate.states import JobInfo
from replate.values import JobState

_PIPE_WIDTH = 240
_LINES = 12
"""So many jobs each have a line on a board."""
_TELLING = 0.02
"""The part of the work after which its pace tells something."""


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
    task: TaskID
    _told: set[str] = field(default_factory=set)

    def show(self, info: JobInfo) -> None:
        for warning in info.warnings:
            if warning not in self._told:
                self._told.add(warning)
                self._progress.console.print(f"Warning: {warning}", highlight=False, markup=False, soft_wrap=True)
        progress = info.progress
        self._progress.update(
            self.task,
            total=max(progress.frames_total, 1),
            completed=max(progress.frames_done, progress.fraction * progress.frames_total),
            doing=info.message or info.state.value,
            left=f"about {duration(progress.seconds_left)} left" if progress.seconds_left is not None else "",
        )


@dataclass(slots=True)
class Board:
    """Shows how several jobs stand, and all of them together. Thread-safe."""

    _progress: Progress
    _whole: TaskID
    _bars: list[Bar]
    _begin: float = field(default_factory=time.monotonic)
    _infos: dict[int, JobInfo] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, place: int, info: JobInfo) -> None:
        """News of the job in a place; of many jobs only those that run have a line."""
        with self._lock:
            self._infos[place] = info
            self._bars[place].show(info)
            few = len(self._bars) <= _LINES
            self._progress.update(self._bars[place].task, visible=few or info.state is JobState.RUNNING)
            done = sum(1.0 if each.state.ended else each.progress.fraction for each in self._infos.values())
            part, past = done / len(self._bars), time.monotonic() - self._begin
            frames = sum(each.progress.frames_done for each in self._infos.values())
            total = max(each.progress.frames_total for each in self._infos.values()) * len(self._bars)
            left = f"about {duration(past * (1 - part) / part)} left" if part > _TELLING else ""
            self._progress.update(self._whole, total=max(total, 1), completed=max(frames, part * total), left=left)


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """A progress bar on stderr, where that is a terminal."""
    with _progress() as progress:
        yield Bar(progress, progress.add_task(title, total=1, doing="", left=""))


@contextmanager
def board(titles: Sequence[str]) -> Iterator[Board]:
    """A progress bar for each of several jobs, and one above them for all, where stderr is a terminal."""
    with _progress() as progress:
        whole = progress.add_task("All", total=1, doing="", left="")
        told: set[str] = set()
        few = len(titles) <= _LINES
        tasks = [progress.add_task(title, total=1, doing="queued", left="", visible=few) for title in titles]
        yield Board(progress, whole, [Bar(progress, task, told) for task in tasks])


def _progress() -> Progress:
    return Progress(
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
