"""A job from its request to the last file: the one place where commands run jobs."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from replate.cli.console import bar, duration, print_json, say
from replate.cli.making import making
from replate.cli.options import INTERRUPTED
from replate.cli.preview import beside, preview
from replate.errors import Cancelled, Exhausted, Failed, ReplateError
from replate.figures import Summary, summed_up, told
from replate.frame import Figure, Frame
from replate.jobs import Job
from replate.media import MovieWriter, PlateWriter
from replate.media.figures_plot import plot_figures
from replate.media.forms import form_of
from replate.states import JobInfo, Preview

_WRITERS = 3
_WAITING = 6
"""Frames that wait for a writer; more are not asked for meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a job gave."""

    seconds: float
    files: dict[str, list[Path]]
    frames: dict[str, int]
    """How many, by what was asked for; a movie holds all in one file."""
    figures: dict[str, dict[int, tuple[Figure, ...]]]
    """What was measured of the frames, by what was asked for and their numbers."""


def run(job: Job, writers: Mapping[str, PlateWriter | MovieWriter], *, as_json: bool, ours: bool = True) -> None:
    """Waits for a job, writes its frames as they come, and says what there is in the end.

    `writers` are by output, or by a form of one as `replate.media.forms` names them ("matte/cryptomatte").
    What is being made lies beside its files as a picture for as long as it is being made; see `replate.cli.making`.
    Depth gets a picture or a movie to look at beside its files, and frames that were measured a plot of their figures.
    Ctrl-C cancels the job where it is `ours`, leaves it alone where it is not,
    and exits with 130. Raises what the job failed with.
    """
    try:
        with bar(job.model or job.operation) as shown, making(next(iter(writers.values()))) as show:
            delivered = deliver(job, writers, shown.show, on_preview=show)
    except KeyboardInterrupt:
        _interrupted(job, ours)
        raise typer.Exit(INTERRUPTED) from None
    except ReplateError as error:
        if not isinstance(error, Cancelled) and not job.state.ended:
            say(f"Job {job.id} goes on: `replate fetch {job.id}` gets its frames.")
        raise
    previews = {name: made for name, files in delivered.files.items() if (made := preview(files)) is not None}
    measured = {name: found for name, each in delivered.figures.items() if (found := summed_up(each)) is not None}
    plots = {name: _plot(found, delivered.files[name][0]) for name, found in measured.items() if len(found.frames) > 1}
    if as_json:
        seconds = round(delivered.seconds, 3)
        figures = {name: {**found.as_json(), "plot": plots.get(name)} for name, found in measured.items()}
        ended = {"seconds": seconds, "files": delivered.files, "previews": previews, "figures": figures}
        print_json({**summary(job.info), **ended})
        return
    for name, writer in writers.items():
        count = delivered.frames[name]
        frames = "frame" if count == 1 else "frames"
        say(f"Wrote {count} {frames} to {writer.pattern} in {duration(delivered.seconds)}.")
        if name in previews:
            say(f"To look at: {previews[name]}.")
        for line in told(measured[name]) if name in measured else ():
            say(line)
        if name in plots:
            say(f"Plotted in {plots[name]}.")


def deliver(
    job: Job,
    writers: Mapping[str, PlateWriter | MovieWriter],
    on_news: Callable[[JobInfo], None] = lambda info: None,
    stopped: threading.Event | None = None,
    on_preview: Callable[[Preview], None] | None = None,
) -> Delivered:
    """Writes a job's frames while further ones are on their way, the recipe in each EXR.

    `stopped`: once it is set it raises `Cancelled`, and the job goes on. Raises what
    the job failed with, and what reading or writing raises; what was written stays.
    """
    begin = time.monotonic()
    files: dict[str, list[Path]] = {name: [] for name in writers}
    signing = {name: writer.signed(job.recipe or None) for name, writer in writers.items()}
    waiting: deque[tuple[str, Future[Path]]] = deque()
    wishes: dict[str, list[str]] = {}
    for wish in writers:
        wishes.setdefault(form_of(wish)[0], []).append(wish)
    figures: dict[str, dict[int, tuple[Figure, ...]]] = {name: {} for name in writers}

    def collect(most: int) -> None:
        while waiting and (len(waiting) > most or waiting[0][1].done()):
            name, file = waiting.popleft()
            files[name].append(file.result())

    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="replate-write") as threads:
        for output, frame in job.frames(on_news, tuple(wishes), stopped, on_preview):
            for wish in wishes[output]:
                waiting.append((wish, threads.submit(_write, signing[wish], frame)))
                figures[wish][frame.spec.number] = frame.spec.figures
            collect(_WAITING)
        collect(0)
    finished = {name: signing[name].finished(found) if found else [] for name, found in files.items()}
    counts = {name: len(found) for name, found in files.items()}
    return Delivered(time.monotonic() - begin, finished, counts, figures)


def summary(info: JobInfo) -> dict[str, Any]:
    """A job as JSON has it."""
    return {
        "job": info.id,
        "operation": info.operation,
        "model": info.model,
        "title": info.title,
        "owner": info.owner,
        "project": info.project,
        "state": info.state.value,
        "message": info.message,
        "frames_done": info.progress.frames_done,
        "frames_total": info.progress.frames_total,
        "created": info.created.isoformat(),
        "ended": info.ended.isoformat() if info.ended else None,
        "outputs": list(info.outputs),
        "warnings": list(info.warnings),
        "recipe": json.loads(info.recipe) if info.recipe else None,
    }


def _plot(found: Summary, file: Path) -> Path:
    path = beside(file, "figures.png")
    plot_figures(found, path, title=path.name.removesuffix(".figures.png"))
    return path


def _interrupted(job: Job, ours: bool) -> None:
    if not ours:
        say(f"Job {job.id} goes on: `replate fetch {job.id}` gets its frames.")
        return
    try:
        info = job.cancel()
        say(f"Job {job.id} is cancelled; {info.progress.frames_done} of its frames were done.")
    except ReplateError as error:
        say(f"Job {job.id} could not be cancelled: {error}")


def _write(writer: PlateWriter | MovieWriter, frame: Frame) -> Path:
    try:
        return writer.write(frame)
    except OSError as error:
        path = writer.path(frame.spec.number, frame.spec.view)
        kind = Exhausted if error.errno == 28 else Failed
        raise kind(f"{path} cannot be written ({error.strerror}): choose another place with --out.") from error
