"""One plate tried in several ways: all jobs at once, and what shows them side by side."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import typer

from replate.catalog import Operation
from replate.cli import asked, record
from replate.cli.console import Board, board, notes, print_json, say
from replate.cli.options import INTERRUPTED
from replate.cli.request import PRIORITIES, Opener, Request
from replate.cli.run import Delivered, deliver
from replate.cli.varied import Preview, Varied
from replate.connection import connect
from replate.errors import BadRequest, ReplateError
from replate.figures import summed_up
from replate.jobs import Job
from replate.media import Pattern, Plate, open_plate
from replate.media.sequences import stated_number
from replate.media.side_by_side import write_sheet, write_side_by_side
from replate.variations import cancel_all, vary

_AT_ONCE = 4
"""Jobs whose frames are fetched at the same time; they run in the order in which they were asked for."""
_GLANCE = 0.2
"""Seconds after which Ctrl-C is noticed, where waiting cannot be interrupted."""

Outcome = Delivered | ReplateError


def try_all(request: Request) -> None:
    """Runs every variation, and writes their frames, a sheet, a movie and variations.json into a folder.

    Ctrl-C cancels all jobs, leaves what was written, and exits with 130. Where some of the jobs fail the others are
    written all the same, and then it exits with 1; where all do, it raises what the first failed with.
    """
    folder, preview, opener = _folder(request), Preview.of(request.common.preview), Opener()
    opener.plate(request)
    with connect(request.common.server, request.common.token) as client:
        catalog = client.catalog()
        operation = catalog.operation(request.operation)
        varied = Varied.of(request.common.vary, request, catalog)
        full = [varied.applied(request, change) for change in varied.changes]
        shown = [preview.applied(each, operation, opener) for each in full]
        labels = varied.labels
        wanted = [opener.job(each, catalog, label) for each, label in zip(shown, labels, strict=True)]
        jobs: list[Job] = []
        try:
            with notes().status("Reading the plate"):
                jobs = vary(
                    client,
                    request.operation,
                    wanted,
                    frames=shown[0].range,
                    title=request.common.title or request.stem,
                    project=request.common.project,
                    priority=PRIORITIES[request.common.priority],
                )
            outcomes = _delivered(jobs, labels, folder, operation, request)
        except KeyboardInterrupt:
            cancel_all(jobs)
            say(f"The jobs are cancelled; what was written stays in {folder}.")
            raise typer.Exit(INTERRUPTED) from None
        tried = [
            record.Tried(label, each, _told(job, outcome, folder))
            for label, each, job, outcome in zip(labels, full, jobs, outcomes, strict=True)
        ]
        if all(isinstance(outcome, ReplateError) for outcome in outcomes):
            raise next(outcome for outcome in outcomes if isinstance(outcome, ReplateError))
        folder.mkdir(parents=True, exist_ok=True)
        record.write(folder, request.common.preview, tried)
        plate = wanted[0].inputs[operation.inputs[0].name]
        pictures = _pictures(folder, request, operation, plate if isinstance(plate, Plate) else None, labels, outcomes)
    _tell(folder, request, pictures, tried, outcomes)


def _folder(request: Request) -> Path:
    common = request.common
    folder = Path(common.out or f"out/{request.stem}.vary")
    if Pattern(folder).numbered or folder.suffix.lower() in (".exr", ".mp4", ".png", ".jpg"):
        raise BadRequest(f"With --vary, --out is a folder: write {folder.name.split('.')[0]}.")
    if not common.wait:
        raise BadRequest("Variations are waited for, to show them side by side: leave out --no-wait.")
    if request.own.get("cryptomatte"):
        raise BadRequest("A Cryptomatte is written of one choice: leave out --cryptomatte.")
    return folder


def _delivered(
    jobs: Sequence[Job], labels: Sequence[str], folder: Path, operation: Operation, request: Request
) -> list[Outcome]:
    """What came of each job, once all have ended. Ctrl-C ends the waiting, and not the jobs."""
    stopped = threading.Event()
    with (
        board([f"{number}: {label}" for number, label in enumerate(labels, 1)]) as shown,
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="replate-vary") as threads,
    ):

        def one(place: int) -> Outcome:
            return _one(place, jobs[place], folder / f"{place + 1:02d}", operation, request, shown, stopped)

        try:
            running = [threads.submit(one, place) for place in range(len(jobs))]
            while wait(running, _GLANCE).not_done:
                pass
        except KeyboardInterrupt:
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return [each.result() for each in running]


def _one(
    place: int, job: Job, folder: Path, operation: Operation, request: Request, shown: Board, stopped: threading.Event
) -> Outcome:
    outputs = [output.name for output in operation.outputs]
    pattern = str(folder / f"{request.stem}.####.exr")
    writers = asked.writers(pattern, outputs, request.stem, single=False, compression=request.common.compression)
    try:
        return deliver(job, writers, lambda info: shown.show(place, info), stopped)
    except ReplateError as error:
        return error


def _told(job: Job, outcome: Outcome, folder: Path) -> dict[str, Any]:
    files, figures = ({}, {}) if isinstance(outcome, ReplateError) else (outcome.files, outcome.figures)
    measured = {name: summed_up(found) for name, found in figures.items()}
    return {
        "job": job.id,
        "error": str(outcome) if isinstance(outcome, ReplateError) else None,
        "files": {name: [file.relative_to(folder).as_posix() for file in found] for name, found in files.items()},
        "figures": {name: each.as_json() for name, each in measured.items() if each is not None},
        "recipe": json.loads(job.recipe) if job.recipe else None,
    }


def _pictures(
    folder: Path,
    request: Request,
    operation: Operation,
    plate: Plate | None,
    labels: Sequence[str],
    outcomes: Sequence[Outcome],
) -> list[Path]:
    """The sheet, and of more than one frame the movie."""
    plates: list[tuple[str, Plate]] = []
    for number, (label, outcome) in enumerate(zip(labels, outcomes, strict=True), 1):
        if isinstance(outcome, Delivered):
            plates.append((f"{number}: {label}", _written(outcome.files[operation.outputs[0].name])))
    numbers = {number for _, each in plates for number in each.numbers}
    among = [number for number in plate.numbers if number in numbers] if plate is not None else []
    if plate is not None and among:
        plates.insert(0, ("Plate", plate.of(among)))
    sheet, movie = folder / "sheet.png", folder / "side_by_side.mp4"
    with notes().status("Putting them side by side"):
        write_sheet(sheet, plates, title=request.common.title or request.stem)
        if len(numbers) == 1:
            movie.unlink(missing_ok=True)
            return [sheet]
        write_side_by_side(movie, plates)
    return [sheet, movie]


def _written(files: Sequence[Path]) -> Plate:
    numbers = [stated_number(file) for file in files]
    pattern = files[0].with_name(f"{files[0].stem.rpartition('.')[0]}.####{files[0].suffix}")
    return open_plate(pattern, ",".join(map(str, numbers)))


def _tell(
    folder: Path,
    request: Request,
    pictures: Sequence[Path],
    tried: Sequence[record.Tried],
    outcomes: Sequence[Outcome],
) -> None:
    failed = {number: each for number, each in enumerate(outcomes, 1) if isinstance(each, ReplateError)}
    if request.common.as_json:
        variations = [{"number": number, "label": each.label, **each.told} for number, each in enumerate(tried, 1)]
        print_json({"folder": folder, "pictures": pictures, "variations": variations})
    else:
        for number, each in enumerate(tried, 1):
            said = [line for summary in each.told["figures"].values() for line in summary["told"]]
            say(f"{number}: {each.label}" + (f" failed: {failed[number]}" if number in failed else ""))
            for line in said:
                say(f"   {line}")
        names = " and ".join(file.name for file in pictures)
        say(f"Wrote {len(tried) - len(failed)} variations to {folder}, and {names} to look at.")
        say(f"`replate choose {folder} NUMBER` makes the full job of one.")
    if failed:
        number, error = next(iter(failed.items()))
        say(f"{len(failed)} of {len(tried)} variations failed; number {number}: {error}")
        raise typer.Exit(1)
