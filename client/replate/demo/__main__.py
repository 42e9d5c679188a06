"""Restyles a plate, cuts out its subject, makes a 2.5D scene of it, has Blender move a camera in it, and shows all."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

import replate
from replate.demo import blender
from replate.demo.bars import Tell, shown
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
STYLE = Path(__file__).with_name("style.jpg")
CLICK = Point(46, 225.0, 212.0)
"""On the rabbit's belly, in the half-size plate."""
RESTYLER = "restyle/adain"
MANNER: Mapping[str, Value] = {"strength": 0.8, "style_scale": 2.0}
MOVE: Mapping[str, Value] = {"kind": "orbit", "amount": 0.165}
TURNED, ZOOM, RAISED = -0.065, 1.17, 0.03
"""So that the move goes past where the plate was taken, and nothing is seen of what lies beyond the plate's edges."""
WITHOUT: Mapping[str, Value] = {"move": "orbit", "amount": 0.1, "fill": True}
"""The move where there is no Blender."""
FPS = 25
CREDIT = (
    "Plate: Big Buck Bunny, (c) 2008 Blender Foundation, CC-BY 3.0. Style: The Starry Night, Vincent van Gogh, 1889."
)

console = Console(stderr=True)


def main(
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("out/demo"),
    data: Annotated[Path, typer.Option(help="Where the server keeps frames and weights.")] = Path(".replate/demo"),
    bpy: Annotated[Path | None, typer.Option(help="A Python that has Blender as a module.")] = None,
) -> None:
    """Does the main job on a real plate."""
    try:
        # That Python stays as it is named: in a virtual environment it is a link.
        _demo(out.resolve(), data.resolve(), bpy.absolute() if bpy is not None else None)
    except ReplateError as error:
        console.print(f"[red]{error}")
        sys.exit(1)


def _demo(out: Path, data: Path, bpy: Path | None) -> None:
    started = time.monotonic()
    console.print("Fetching the sample plate and the weights.")
    pull_weights(data, WEIGHTS)
    plate_pattern = out / "plate" / "plate.####.exr"
    _write_plate(weight_file(data, "plate-bigbuckbunny.*"), plate_pattern)
    fetched = time.monotonic()
    without = blender.missing(bpy)
    if without:
        console.print(without)
    console.print("Starting the server.")
    with serving(data) as address, replate.connect(address, cache=data / "cache") as client:
        plate = open_plate(plate_pattern)
        # Mattes, depth and layers go from job to job on the server: their pixels do not come here and back.
        segment = client.submit("segment", {"plate": plate}, parameters={"prompts": (CLICK,)})
        depth = client.submit("depth", {"plate": plate})
        matte = segment.output("matte")
        layers = client.submit("layers", {"plate": plate, "depth": depth.output("depth"), "mattes": matte})
        jobs = {
            "restyle": client.submit("restyle", {"plate": plate, "style": open_plate(STYLE)}, parameters=MANNER),
            "matte": segment,
            "clean": client.submit("inpaint", {"plate": plate, "matte": matte}),
            "motion": client.submit("flow", {"plate": plate}),
            "depth": depth,
            "scene": layers,
        }
        if without:
            pieces = {role: layers.output(role) for role in ("layers", "depths")}
            jobs["move"] = client.submit("move", pieces, parameters=WITHOUT)
        console.print(f"{len(plate)} frames, {len(jobs)} jobs at {address}.")
        with shown(console) as bars, ThreadPoolExecutor(len(jobs) + 1) as threads:
            running = {
                label: threads.submit(_fetch, label, job, out, bars.add(label, job.progress.frames_total))
                for label, job in jobs.items()
            }
            if bpy is not None and not without:
                tells = {name: bars.add(name, len(plate), waits=True) for name in blender.BARS}
                orders = _orders(out, address, client.catalog().model(RESTYLER).revision)
                running["move"] = threads.submit(_moved, running["scene"], bpy, orders, data / "blender", tells)
            made = {label: future.result() for label, future in running.items()}
    computed = time.monotonic()
    show(out, list(plate), made, FPS)
    console.print(
        f"\nIn [bold]{out}[/]: plate, restyle, matte, clean plate, motion and depth as EXR sequences, the scene for "
        f"Blender, Nuke and USD in scene/, {'' if without else 'scene.blend, '}contact_sheet.png, preview.mp4, and the "
        "camera's move in move.mp4."
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


def _orders(out: Path, address: str, revision: str) -> blender.Orders:
    return blender.Orders(
        scene=str(out / "scene" / "scene.json"),
        blend=str(out / "scene.blend"),
        results=str(out / "move"),
        address=address,
        style=str(STYLE),
        model=RESTYLER,
        revision=revision,
        parameters=MANNER,
        move=MOVE,
        turned=TURNED,
        zoom=ZOOM,
        raised=RAISED,
        samples=2,
    )


def _fetch(label: str, job: Job, out: Path, tell: Tell) -> Frames:
    """Writes a job's frames as they come, and gives those that are pictures to be shown."""

    def heard(info: JobInfo) -> None:
        tell(info.progress.fraction * info.progress.frames_total, info.message)

    if label == "scene":
        return _scene(job, out / "scene", heard)
    frames: dict[str, list[Frame]] = {}
    for output, frame in job.frames(on_progress=heard):
        name = label if output == "plate" else output
        PlateWriter(out / label / f"{name}.####.exr", job.recipe).write(frame)
        frames.setdefault(output, []).append(frame)
    for made in frames.values():
        made.sort(key=lambda frame: frame.spec.number)
    heard(job.info)
    return frames


def _scene(job: Job, folder: Path, heard: Callable[[JobInfo], None]) -> Frames:
    """Writes the scene, and gives its layers on one frame, back to front."""
    scene = write(folder, job.frames(heard, ("layers", "depths")), title="bunny", recipe=job.recipe)
    heard(job.info)
    pictures = [open_plate(folder / layer.picture, str(CLICK.frame)) for layer in scene.layers]
    return {"layers": [frame for picture in pictures for frame in picture]}


def _moved(scene: Future[Frames], bpy: Path, orders: blender.Orders, data: Path, tells: Mapping[str, Tell]) -> Frames:
    """What Blender makes of the scene once that is there."""
    scene.result()
    moved = blender.perform(bpy, orders, data, tells)
    rendered = open_plate(moved.rendered, colour_space="lin_rec709")
    return {"rendered": list(rendered), "restyled": list(open_plate(moved.restyled))}


if __name__ == "__main__":
    typer.run(main)
