"""`replate restyle`, `depth`, `segment`, `matte`, `inpaint`, `flow`, `move`: a command for an operation.

All take the same options, so these are written down once; a command adds those
for its own inputs.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from replate.cli import asked
from replate.cli.console import notes, print_json, say
from replate.cli.request import PRIORITIES, Common, Opener, Request
from replate.cli.run import run, summary
from replate.cli.varied import Preview
from replate.cli.vary import try_all
from replate.connection import connect
from replate.jobs import Job
from replate.media import Plate
from replate.media.forms import CRYPTOMATTE


@dataclass(frozen=True, slots=True)
class _Option:
    """An option of a command: its type, what stands for it when it is left out, and its switches and help."""

    type: Any
    default: Any
    info: Any


def _option(type_: Any, default: Any, *switches: str, help: str, **rest: Any) -> _Option:
    return _Option(type_, default, typer.Option(*switches, help=help, **rest))


_COMMON: Mapping[str, _Option] = {
    "out": _option(
        str | None, None, "--out", "-o", metavar="PATTERN",
        help='Where the frames go, such as "out/x.####.exr" or "x.mp4"; {output} stands for the output\'s name.',
    ),
    "frames": _option(str | None, None, "--frames", "-f", metavar="RANGE", help="1001-1024, or 1-10x2,20; else all."),
    "colour_space": _option(
        str | None, None, "--colour-space", metavar="NAME",
        help="What the plate is in, by its OpenColorIO name; by default what the files say.",
    ),
    "view": _option(str, "", "--view", help="The view of a stereo plate."),
    "layer": _option(str, "", "--layer", help="The part or layer of the files to take."),
    "start": _option(int, 1, "--start", help="The number of a movie's first frame."),
    "handles": _option(
        int | None, None, "--handles", min=0,
        help="Frames beside the range that are sent along to be looked at.",
    ),
    "model": _option(str, "", "--model", "-m", metavar="NAME", help="As `replate models` lists them."),
    "assignments": _option(
        list[str], [], "--parameter", "-p", metavar="NAME=VALUE", help="Any parameter of `replate models NAME`."
    ),
    "preset": _option(
        str, "", "--preset", metavar="NAME",
        help="Settings of `replate models NAME` to begin from; parameters that are given go before them.",
    ),
    "seed": _option(int, 0, "--seed", min=0, help="What randomness there is comes from this."),
    "title": _option(str, "", "--title", help="Shown in lists of jobs."),
    "project": _option(str, "", "--project", help="The project that the job is shared with."),
    "priority": _option(str, "normal", "--priority", metavar="|".join(PRIORITIES), help="Among one's own jobs."),
    "compression": _option(str, "zip", "--compression", help="Of the EXRs: zip, zips, piz, dwaa, dwab or none."),
    "server": _option(
        str | None, None, "--server", "-s", metavar="ADDRESS",
        help="host:port; by default $REPLATE_SERVER, or a server of this machine's own.",
    ),
    "token": _option(str | None, None, "--token", help="Who you are; by default $REPLATE_TOKEN."),
    "wait": _option(bool, True, "--wait/--no-wait", help="Wait for the frames, or only ask for the job."),
    "as_json": _option(bool, False, "--json", help="Print one JSON object."),
    "vary": _option(
        list[str], [], "--vary", metavar="NAME=VALUE,VALUE",
        help="Tries several values of a parameter, seed, model, preset or input, side by side; see `replate choose`.",
    ),
    "preview": _option(
        str, "", "--preview", metavar="WHAT",
        help="Tries less: first=2s or first=48 (frames), every=5, half or quarter (size), with commas between.",
    ),
}  # fmt: skip

_STYLE = _option(str | None, None, "--style", metavar="FILE", help="The picture in whose manner the plate is painted.")
_KEYFRAMES = _option(
    list[str],
    [],
    "--keyframes",
    metavar="PATTERN",
    help='Frames that are painted already: "keys/shot.####.png" with the frames there are, or "painted.png@1012".',
)
_STRENGTH = _option(float | None, None, "--strength", min=0, max=1, help="0 is the plate, 1 the style in full.")
_LIMIT = _option(
    str | None, None, "--matte", metavar="PATTERN", help="Limits the restyle; outside the plate stays as it is."
)
_GUIDES: Mapping[str, _Option] = {
    "motion": _option(
        str | None,
        None,
        "--motion",
        metavar="PATTERN",
        help="A renderer's, or job:ID/motion of a flow, for keyframes to be carried along; else it is measured.",
    ),
    "motion_layer": _option(str, "", "--motion-layer", help='Of those files, as "ViewLayer.Vector" of Blender\'s.'),
    "depth": _option(
        str | None, None, "--depth", metavar="PATTERN", help="With --motion: tells what hides another thing from it."
    ),
    "depth_layer": _option(str, "", "--depth-layer", help='Of those files, as "ViewLayer.Depth" of Blender\'s.'),
}
_DEPTH: Mapping[str, _Option] = {
    "encoding": _option(
        str | None, None, "--encoding", metavar="1/Z|Z", help="1/Z, as Nuke has it (the default), or the distance Z."
    ),
    "near": _option(
        float | None, None, "--near", help="The distance given to the nearest thing, where none is measured."
    ),
    "far": _option(float | None, None, "--far", help="The distance given to the farthest thing."),
}
_LAYER_DEPTHS = _option(
    str, ..., "--depths", metavar="job:ID/depths", help="How far the layers are: the other output of their job."
)
_MOVE: Mapping[str, _Option] = {
    "move": _option(
        str | None, None, "--move", metavar="orbit|dolly|truck|dolly-zoom|handheld", help="How the camera moves."
    ),
    "amount": _option(
        float | None, None, "--amount", help="How far, as a fraction of the pivot's distance; negative the other way."
    ),
    "pivot": _option(
        float | None, None, "--pivot", min=0, help="The distance of what the move is about; 0 finds the subject's."
    ),
    "focal": _option(float | None, None, "--focal", min=0, help="Of the camera that took the plate, in millimetres."),
    "sensor": _option(float | None, None, "--sensor", help="What the format's width covers on it, in millimetres."),
}
_UPSCALE: Mapping[str, _Option] = {
    "scale": _option(
        str | None, None, "--scale", metavar="2x|3x|4x", help="How many times as wide and as high the format becomes."
    ),
    "detail": _option(
        float | None, None, "--detail", min=0, max=1, help="1 is the model's picture, 0 a plain enlargement."
    ),
}
_MATTE = _option(str, ..., "--matte", metavar="PATTERN", help="Covers what is to go.")
_CLICKS: Mapping[str, _Option] = {
    "clicks": _option(
        list[str], [], "--click", metavar="X,Y[@FRAME]", help="The object is here; dog=X,Y names another object."
    ),
    "no_clicks": _option(list[str], [], "--no-click", metavar="X,Y[@FRAME]", help="The object is not here."),
    "boxes": _option(list[str], [], "--box", metavar="X,Y,W,H[@FRAME]", help="The object lies within."),
}
_SEGMENT: Mapping[str, _Option] = {
    **_CLICKS,
    "cryptomatte": _option(
        str | None, None, "--cryptomatte", metavar="PATTERN", help="Writes all objects as a Cryptomatte, too: EXR."
    ),
}


def add_operations(app: typer.Typer) -> None:
    """Adds the commands to an app."""
    restyle = {"style": _STYLE, "keyframes": _KEYFRAMES, "matte": _LIMIT, "strength": _STRENGTH, **_GUIDES}
    _add(app, "restyle", "Paints a plate in the manner of a picture.", restyle)
    _add(app, "depth", "Estimates how far away everything is, and writes a preview to look at.", _DEPTH)
    _add(app, "segment", "Cuts objects out of a plate, pointed at with clicks and boxes.", _SEGMENT)
    _add(app, "matte", "Cuts the people, or what stands out, out of a plate.", {})
    _add(app, "inpaint", "Makes a clean plate: fills what a matte covers.", {"matte": _MATTE})
    _add(
        app,
        "move",
        "Moves a camera through layers: of a still, through any --frames.",
        {"depths": _LAYER_DEPTHS, **_MOVE},
    )
    _add(app, "flow", "Measures motion vectors, forward and backward.", {}, handles=1)
    _add(app, "upscale", "Makes a plate two to four times as large.", _UPSCALE, handles=6)


def _add(app: typer.Typer, operation: str, help: str, own: Mapping[str, _Option], handles: int = 0) -> None:
    def command(plate: str, **options: Any) -> None:
        common = Common(**{name: options.pop(name) for name in _COMMON})
        if common.handles is None:
            common = replace(common, handles=handles)
        request = Request(operation, plate, common, options)
        if common.vary:
            try_all(request)
        else:
            ask(request)

    plate = inspect.Parameter(
        "plate",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=Annotated[
            str, typer.Argument(metavar="PLATE", help='"shot.####.exr", a movie, a picture, or job:ID/OUTPUT.')
        ],
    )
    options = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=Annotated[option.type, option.info]
        )
        for name, option in {**own, **_COMMON}.items()
    ]
    # Typer reads a command's options off its signature; this one is made of the tables above.
    command.__signature__ = inspect.Signature([plate, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in (plate, *options)}
    app.command(operation, help=help)(command)


def ask(request: Request) -> None:
    """Asks for what a command line says, waits for it unless that says otherwise, and tells what there is."""
    opener, preview = Opener(), Preview.of(request.common.preview)
    opener.plate(request)
    with connect(request.common.server, request.common.token) as client:
        catalog = client.catalog()
        operation = catalog.operation(request.operation)
        request = preview.applied(request, operation, opener)
        plate = opener.plate(request)
        single = isinstance(plate, Plate) and len(plate) == 1
        writers = asked.writers(
            request.common.out,
            [output.name for output in operation.outputs],
            request.stem,
            single=single,
            compression=request.common.compression,
        )
        if request.own.get("cryptomatte"):
            crypto = asked.cryptomatte_writer(request.own["cryptomatte"], single=single)
            writers = {**writers, f"{operation.outputs[0].name}/{CRYPTOMATTE}": crypto}
        wanted = opener.job(request, catalog)
        job = client.submit(
            request.operation,
            wanted.inputs,
            model=wanted.model,
            parameters=wanted.parameters,
            frames=request.range,
            seed=wanted.seed,
            title=request.common.title or request.stem,
            project=request.common.project,
            priority=PRIORITIES[request.common.priority],
        )
        prompt = catalog.prompt(request.operation, wanted.model, wanted.parameters)
        if prompt:
            say(f"Prompt: {prompt}")
        if request.common.wait:
            run(job, writers, as_json=request.common.as_json)
        else:
            _leave(job, request.common.as_json)


def _leave(job: Job, as_json: bool) -> None:
    """Returns when the server needs this machine no more."""
    with notes().status("Sending frames"):
        job.wait_sent()
    if as_json:
        print_json(summary(job.info))
    else:
        say(f"Job {job.id} is on its way: `replate fetch {job.id}` gets its frames.")
