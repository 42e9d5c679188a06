"""Restyles a plate, cuts out its subject, cleans the plate behind it, measures its motion, and shows all of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

import replate
from replate.demo.server import pull_weights, serving, weight_file
from replate.errors import ReplateError
from replate.frame import Box, Frame
from replate.jobs import Job
from replate.media import PlateWriter, contact_sheet, open_plate, write_movie
from replate.states import JobInfo
from replate.values import Point

FIRST, LAST = 31, 54
WEIGHTS = ("plate-bigbuckbunny", "adain-vgg", "adain-decoder", "sam2-tiny-encoder", "sam2-tiny-decoder", "migan")
CLICK = Point(46, 225.0, 212.0)
"""On the rabbit's belly, in the half-size plate."""
MANNER = {"strength": 0.8, "style_scale": 2.0}
FPS = 25
CREDIT = (
    "Plate: Big Buck Bunny, (c) 2008 Blender Foundation, CC-BY 3.0. Style: The Starry Night, Vincent van Gogh, 1889."
)

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Made:
    """What a job gave, by output."""

    label: str
    frames: Mapping[str, Sequence[Frame]]


def main(
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("out/demo"),
    data: Annotated[Path, typer.Option(help="Where the server keeps frames and weights.")] = Path(".replate/demo"),
) -> None:
    """Does the main job on a real plate."""
    try:
        _demo(out.resolve(), data.resolve())
    except ReplateError as error:
        console.print(f"[red]{error}")
        sys.exit(1)


def _demo(out: Path, data: Path) -> None:
    started = time.monotonic()
    console.print("Fetching the sample plate and the weights.")
    pull_weights(data, WEIGHTS)
    plate_pattern = out / "plate" / "plate.####.exr"
    _write_plate(weight_file(data, "plate-bigbuckbunny.*"), plate_pattern)
    fetched = time.monotonic()
    console.print("Starting the server.")
    with serving(data) as address, replate.connect(address, cache=data / "cache") as client:
        plate = open_plate(plate_pattern)
        style = open_plate(Path(__file__).with_name("style.jpg"))
        segment = client.submit("segment", {"plate": plate}, parameters={"prompts": (CLICK,)})
        jobs = {
            "restyle": client.submit("restyle", {"plate": plate, "style": style}, parameters=MANNER),
            "matte": segment,
            # The matte goes from one job to the other on the server: its pixels do not come here and back.
            "clean": client.submit("inpaint", {"plate": plate, "matte": segment.output("matte")}),
            "motion": client.submit("flow", {"plate": plate}),
        }
        console.print(f"{len(plate)} frames, four jobs at {address}.")
        made = _gather(jobs, out)
    computed = time.monotonic()
    _show(out, list(plate), made)
    console.print(
        f"\nIn [bold]{out}[/]: plate, restyle, matte, clean plate and motion as EXR sequences, "
        "contact_sheet.png and preview.mp4."
    )
    console.print(
        f"It took {time.monotonic() - started:.0f} s: {fetched - started:.0f} s to fetch, "
        f"{computed - fetched:.0f} s for the jobs, {time.monotonic() - computed:.0f} s for the pictures."
    )
    console.print(f"[dim]{CREDIT}")


def _write_plate(movie: Path, pattern: Path) -> None:
    """The plate as a plate on a disk is: EXR, linear, half float, at half the movie's size."""
    writer = PlateWriter(pattern)
    wanted = range(FIRST, LAST + 1)
    if all(writer.path(number).exists() for number in wanted):
        return
    for frame in open_plate(movie, f"{FIRST}-{LAST}"):
        height, width, channels = frame.pixels.shape
        halves = frame.pixels.astype(np.float32).reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
        window = Box(0, 0, width // 2, height // 2)
        writer.write(Frame(replace(frame.spec, data_window=window, display_window=window), halves.astype(np.float16)))


def _gather(jobs: Mapping[str, Job], out: Path) -> dict[str, Made]:
    """Fetches and writes every job's frames as they come, all at once, with a bar for each."""
    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[news]}"), console=console) as bars,
        ThreadPoolExecutor(len(jobs)) as threads,
    ):
        running = {}
        for label, job in jobs.items():
            bar = bars.add_task(label, total=job.progress.frames_total, news="")
            running[label] = threads.submit(_fetch, label, job, out, _teller(bars, bar))
        return {label: future.result() for label, future in running.items()}


def _teller(bars: Progress, bar: TaskID) -> Callable[[JobInfo], None]:
    def tell(info: JobInfo) -> None:
        done = info.progress.fraction * info.progress.frames_total
        bars.update(bar, completed=int(done), news=info.message)

    return tell


def _fetch(label: str, job: Job, out: Path, tell: Callable[[JobInfo], None]) -> Made:
    frames: dict[str, list[Frame]] = {}
    for output, frame in job.frames(on_progress=tell):
        name = label if output == "plate" else output
        PlateWriter(out / label / f"{name}.####.exr", job.recipe).write(frame)
        frames.setdefault(output, []).append(frame)
    for made in frames.values():
        made.sort(key=lambda frame: frame.spec.number)
    tell(job.info)
    return Made(label, frames)


def _show(out: Path, plate: Sequence[Frame], made: Mapping[str, Made]) -> None:
    restyled, matte = made["restyle"].frames["plate"], made["matte"].frames["matte"]
    clean, motion = made["clean"].frames["plate"], made["motion"].frames["motion"]
    combined = [_over(*frames) for frames in zip(plate, restyled, matte, strict=True)]
    rows = {
        "Plate": plate,
        "Restyled": restyled,
        "Matte from one click": matte,
        "Subject over the restyled set": combined,
        "Clean plate": clean,
        "Motion, forward": motion,
    }
    every = slice(0, None, max(1, len(plate) // 5))
    contact_sheet([(name, frames[every]) for name, frames in rows.items()], out / "contact_sheet.png", title="Replate")
    write_movie(out / "preview.mp4", (_quad(*four) for four in zip(plate, restyled, combined, clean, strict=True)), FPS)


def _over(plate: Frame, restyled: Frame, matte: Frame) -> Frame:
    """The plate's subject, as it was shot, in front of the restyled set."""
    cover = matte.pixels[:, :, :1].astype(np.float32)
    mixed = plate.pixels * cover + restyled.pixels * (1.0 - cover)
    return plate.with_pixels(mixed.astype(np.float16))


def _quad(*frames: Frame) -> Frame:
    """Four frames of one size in one picture, two by two."""
    first, second, third, fourth = (frame.pixels for frame in frames)
    pixels = np.vstack([np.hstack([first, second]), np.hstack([third, fourth])])
    window = Box(0, 0, pixels.shape[1], pixels.shape[0])
    return Frame(replace(frames[0].spec, data_window=window, display_window=window), pixels)


if __name__ == "__main__":
    typer.run(main)
