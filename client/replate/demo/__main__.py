"""Restyles a plate, cuts out its subject, makes a 2.5D scene of it with a camera moving in it, and shows all of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from replate.demo.show import Frames, show
from replate.errors import ReplateError
from replate.frame import Box, Frame
from replate.jobs import Job
from replate.media import PlateWriter, open_plate
from replate.scene import write
from replate.states import JobInfo
from replate.values import Point, Value

FIRST, LAST = 31, 54
WEIGHTS = ("plate-bigbuckbunny", "adain-vgg", "adain-decoder", "sam2-tiny-encoder", "sam2-tiny-decoder", "migan")
CLICK = Point(46, 225.0, 212.0)
"""On the rabbit's belly, in the half-size plate."""
MANNER = {"strength": 0.8, "style_scale": 2.0}
MOVE: Mapping[str, Value] = {"move": "orbit", "amount": 0.1, "fill": True}
FPS = 25
CREDIT = (
    "Plate: Big Buck Bunny, (c) 2008 Blender Foundation, CC-BY 3.0. Style: The Starry Night, Vincent van Gogh, 1889."
)

console = Console(stderr=True)


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
        # Mattes, depth and layers go from job to job on the server: their pixels do not come here and back.
        segment = client.submit("segment", {"plate": plate}, parameters={"prompts": (CLICK,)})
        depth = client.submit("depth", {"plate": plate})
        matte = segment.output("matte")
        layers = client.submit("layers", {"plate": plate, "depth": depth.output("depth"), "mattes": matte})
        jobs = {
            "restyle": client.submit("restyle", {"plate": plate, "style": style}, parameters=MANNER),
            "matte": segment,
            "clean": client.submit("inpaint", {"plate": plate, "matte": matte}),
            "motion": client.submit("flow", {"plate": plate}),
            "depth": depth,
            "scene": layers,
            "move": client.submit(
                "move", {"layers": layers.output("layers"), "depths": layers.output("depths")}, parameters=MOVE
            ),
        }
        console.print(f"{len(plate)} frames, {len(jobs)} jobs at {address}.")
        made = _gather(jobs, out)
    computed = time.monotonic()
    show(out, list(plate), made, FPS)
    console.print(
        f"\nIn [bold]{out}[/]: plate, restyle, matte, clean plate, motion and depth as EXR sequences, the scene for "
        "Blender, Nuke and USD in scene/, contact_sheet.png, preview.mp4, and the camera's move in move.mp4."
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


def _gather(jobs: Mapping[str, Job], out: Path) -> dict[str, Frames]:
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


def _fetch(label: str, job: Job, out: Path, tell: Callable[[JobInfo], None]) -> Frames:
    """Writes a job's frames and gives those that are pictures to be shown; a scene has none."""
    if label == "scene":
        write(out / "scene", job.frames(tell, ("layers", "depths")), title="bunny", recipe=job.recipe)
        tell(job.info)
        return {}
    frames: dict[str, list[Frame]] = {}
    for output, frame in job.frames(on_progress=tell):
        name = label if output == "plate" else output
        PlateWriter(out / label / f"{name}.####.exr", job.recipe).write(frame)
        frames.setdefault(output, []).append(frame)
    for made in frames.values():
        made.sort(key=lambda frame: frame.spec.number)
    tell(job.info)
    return frames


if __name__ == "__main__":
    typer.run(main)
