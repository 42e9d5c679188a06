"""`replate layers`: a plate taken apart in depth, as a scene that hosts open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from replate.cli import asked
from replate.cli.console import bar, duration, print_json, say
from replate.cli.objects import open_objects
from replate.cli.options import INTERRUPTED, Json, Server, Token
from replate.cli.run import summary
from replate.connection import Client, connect
from replate.errors import BadRequest, ReplateError
from replate.frame import Frame
from replate.jobs import InputLike, Job, JobOutput
from replate.media import Pattern, Plate, open_plate, parse_frames, write_movie
from replate.scene import Kind, Scene
from replate.scene.writing import CELLS, SENSOR, check, write
from replate.states import JobInfo

MOVES = ("orbit", "dolly", "truck", "dolly-zoom", "handheld")
_HELD = (1, 48)
"""The frames of a move past a still."""
_DEPTHS = ("depth.Z", "Z")
"""Where a renderer's EXR has its depth, beside other channels."""


def layers(
    plate: Annotated[
        str, typer.Argument(metavar="PLATE", help='"shot.####.exr", a movie, a picture, or job:ID/OUTPUT.')
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Gets scene.json and all it names.")
    ] = Path("scene"),
    frames: Annotated[str | None, typer.Option("--frames", "-f", metavar="RANGE", help="1001-1024; else all.")] = None,
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="PATTERN", help="Depth of the plate; else it is estimated.")
    ] = None,
    mattes: Annotated[
        list[str] | None,
        typer.Option("--matte", metavar="[NAME=]PATTERN", help="An object to keep whole. May be given again."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=0, help="How many layers; else a number is proposed.")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="Flat cards, or grids that depth displaces.")] = Kind.GRID,
    cells: Annotated[int, typer.Option("--cells", min=1, max=4096, help="Of a grid, along the longer side.")] = CELLS,
    focal: Annotated[
        float | None, typer.Option("--focal", metavar="MM", help="Focal length; else what the depth says, or 35.")
    ] = None,
    sensor: Annotated[float, typer.Option("--sensor", metavar="MM", help="What the format's width covers.")] = SENSOR,
    offset: Annotated[
        tuple[float, float],
        typer.Option(
            "--offset", metavar="MM MM", help="Of the format's middle from the axis, right and up: lens shift."
        ),
    ] = (0.0, 0.0),
    move: Annotated[
        str | None, typer.Option("--move", metavar="|".join(MOVES), help="Renders this camera move to preview.mp4.")
    ] = None,
    amount: Annotated[
        float | None, typer.Option("--amount", help="How far it moves, as a part of the pivot's distance.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", metavar="NAME", help="What fills in behind the layers.")] = "",
    depth_model: Annotated[str, typer.Option("--depth-model", metavar="NAME", help="What estimates depth.")] = "",
    assignments: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Any parameter of `replate models layers`."),
    ] = None,
    colour_space: Annotated[
        str | None,
        typer.Option("--colour-space", metavar="NAME", help="What the plate is in, by its OpenColorIO name."),
    ] = None,
    view: Annotated[str, typer.Option("--view", help="The view of a stereo plate.")] = "",
    fps: Annotated[
        float | None, typer.Option("--fps", help="Frames a second; else what the plate says, or 24.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="What randomness there is comes from this.")] = 0,
    title: Annotated[str, typer.Option("--title", help="Of the scene, and of the jobs in lists.")] = "",
    project: Annotated[str, typer.Option("--project", help="The project that the jobs are shared with.")] = "",
    compression: Annotated[
        str, typer.Option("--compression", help="Of the EXRs: zip, zips, piz, dwaa, dwab or none.")
    ] = "zip",
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Makes a 2.5D scene of a plate, for Nuke, Blender and USD: layers in depth, and the camera that took it.

    Depth and layers are made on the server; their pictures are written as they come.
    """
    if move is not None and move not in MOVES:
        raise BadRequest(f'There is no move "{move}": choose {", ".join(MOVES)}.')
    begin = time.monotonic()
    shot = asked.job_output(plate) or open_plate(plate, frames, colour_space=colour_space, view=view)
    name = title or _stem(shot)
    wish = _Wish(out, name, kind, cells, focal, sensor, offset, fps, compression)
    numbers = frames if isinstance(shot, JobOutput) else ",".join(map(str, shot.numbers))
    with connect(server, token) as client:
        chain = _Chain(client, name, project, seed, _range(frames))
        try:
            inputs: dict[str, InputLike] = {"plate": shot}
            if depth is not None:
                inputs["depth"] = asked.job_output(depth) or _open_depth(depth, numbers, view)
            else:
                inputs["depth"] = chain.submit("depth", {"plate": shot}, depth_model).output("depth")
            if mattes:
                only = asked.job_output(mattes[0]) if len(mattes) == 1 else None
                inputs["mattes"] = only or open_objects(mattes, numbers, view)
            options = [*(assignments or ()), *([f"count={count}"] if count is not None else [])]
            taken = chain.submit("layers", inputs, model, options)
            for before in chain.jobs[:-1]:
                with bar(before.model) as shown:
                    before.wait(shown.show)
            with bar(taken.model) as shown:
                scene = wish.write(taken, shown.show)
            preview = _preview(chain, wish, taken, scene, move, amount) if move is not None else None
        except KeyboardInterrupt:
            say("The jobs are cancelled; what was written stays.")
            raise typer.Exit(INTERRUPTED) from None
        finally:
            chain.cancel()
    seconds = time.monotonic() - begin
    if as_json:
        made = {"scene": out / "scene.json", "layers": [layer.name for layer in scene.layers], "preview": preview}
        print_json({**made, "seconds": round(seconds, 3), "jobs": [summary(job.info) for job in chain.jobs]})
        return
    files = "scene.json, scene.usda and scene.nk" + (", and preview.mp4" if preview is not None else "")
    say(f"Wrote {len(scene.layers)} layers to {out}, with {files}, in {duration(seconds)}.")


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the scene is to be. Made with `BadRequest` for what cannot be, before any job runs."""

    out: Path
    title: str
    kind: Kind
    cells: int
    focal: float | None
    sensor: float
    offset: tuple[float, float]
    fps: float | None
    compression: str

    def __post_init__(self) -> None:
        check(self.focal, self.sensor, self.offset, self.cells, self.fps, self.compression)

    def write(self, job: Job, tell: Callable[[JobInfo], None]) -> Scene:
        """The scene of a job's layers, written as they come."""
        return write(
            self.out,
            job.frames(tell, ("layers", "depths")),
            kind=self.kind,
            focal=self.focal,
            sensor=self.sensor,
            offset=self.offset,
            longest=self.cells,
            title=self.title,
            fps=self.fps,
            recipe=job.recipe or None,
            compression=self.compression,
        )


@dataclass(frozen=True, slots=True)
class _Chain:
    """Jobs that build on each other, on the server: with the last one gone, none is of use."""

    client: Client
    title: str
    project: str
    seed: int
    range: tuple[int, int] | None
    """The frames to deliver; None for all that were sent."""
    jobs: list[Job] = field(default_factory=list)

    def submit(
        self,
        operation: str,
        inputs: Mapping[str, InputLike],
        model: str,
        assignments: Sequence[str] = (),
        frames: tuple[int, int] | None = None,
    ) -> Job:
        """Asks for the next job, of the chain's frames unless others are said. Parameters are written NAME=VALUE."""
        catalog = self.client.catalog()
        known = catalog.operation(operation)
        name = asked.model_name(known, model)
        job = self.client.submit(
            operation,
            inputs,
            model=name,
            parameters=asked.parameters(catalog, known, name, assignments, ()),
            frames=frames or self.range,
            seed=self.seed,
            title=f"{self.title}.{operation}",
            project=self.project,
        )
        self.jobs.append(job)
        return job

    def cancel(self) -> None:
        """Stops what still runs, the last first."""
        for job in reversed(self.jobs):
            if not job.state.ended:
                try:
                    job.cancel()
                except ReplateError as error:
                    say(f"Job {job.id} could not be cancelled: {error}")


def _preview(chain: _Chain, wish: _Wish, taken: Job, scene: Scene, move: str, amount: float | None) -> Path:
    """A movie of a camera that moves past the layers. Gives its file."""
    numbers = _HELD if scene.still else (scene.first, scene.last)
    (right, up), camera = scene.camera.offset, scene.camera
    given = {
        **{"move": move, "amount": amount, "fps": scene.fps, "fill": True},
        **{"focal": camera.focal, "sensor": camera.sensor, "offset_x": right, "offset_y": up},
    }
    job = chain.submit(
        "move",
        {output: taken.output(output) for output in ("layers", "depths")},
        f"move/{wish.kind.value}",
        [f"{name}={value}" for name, value in given.items() if value is not None],
        numbers,
    )
    path = wish.out / "preview.mp4"
    with bar(job.model) as shown:
        write_movie(path, _in_order(job.frames(shown.show), numbers[0]), scene.fps)
    return path


def _range(frames: str | None) -> tuple[int, int] | None:
    numbers = parse_frames(frames) if frames else ()
    return (numbers[0], numbers[-1]) if numbers else None


def _in_order(frames: Iterable[tuple[str, Frame]], first: int) -> Iterator[Frame]:
    """Frames by rising number, whatever order they come in."""
    waiting: dict[int, Frame] = {}
    expected = first
    for _, frame in frames:
        waiting[frame.spec.number] = frame
        while expected in waiting:
            yield waiting.pop(expected)
            expected += 1
    # Of a plate with gaps the rest is in order too.
    yield from (waiting[number] for number in sorted(waiting))


def _open_depth(text: str, frames: str | None, view: str) -> Plate:
    """Depth from files: those of `replate depth`, or a renderer's, beside other channels."""
    wanted = frames if Pattern(Path(text)).numbered else None
    for channel in _DEPTHS:
        try:
            found = open_plate(text, wanted, colour_space="data", view=view, channels=[channel])
            found.spec(found.numbers[0])
        except BadRequest:
            continue
        return found
    return open_plate(text, wanted, colour_space="data", view=view)


def _stem(plate: Plate | JobOutput) -> str:
    return plate.output if isinstance(plate, JobOutput) else plate.path.name.split(".")[0].rstrip("_#") or "scene"
