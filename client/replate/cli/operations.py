"""`replate restyle`, `depth`, `segment`, `matte`, `inpaint`, `flow`, `move`: a command for an operation.

All take the same options, so these are written down once; a command adds those
for its own inputs.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from replate.cli import asked
from replate.cli.console import notes, print_json, say
from replate.cli.run import run, summary
from replate.connection import connect
from replate.errors import BadRequest
from replate.jobs import InputLike, Job, JobOutput
from replate.media import Pattern, Plate, open_keyframes, open_matte, open_plate, parse_frames
from replate.media.forms import CRYPTOMATTE
from replate.media.keyframes import leading
from replate.values import Priority, Prompt, RoleKind

_PRIORITIES = {priority.name.lower(): priority for priority in Priority}


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
    "priority": _option(str, "normal", "--priority", metavar="|".join(_PRIORITIES), help="Among one's own jobs."),
    "compression": _option(str, "zip", "--compression", help="Of the EXRs: zip, zips, piz, dwaa, dwab or none."),
    "server": _option(
        str | None, None, "--server", "-s", metavar="ADDRESS",
        help="host:port; by default $REPLATE_SERVER, or a server of this machine's own.",
    ),
    "token": _option(str | None, None, "--token", help="Who you are; by default $REPLATE_TOKEN."),
    "wait": _option(bool, True, "--wait/--no-wait", help="Wait for the frames, or only ask for the job."),
    "as_json": _option(bool, False, "--json", help="Print one JSON object."),
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


@dataclass(frozen=True, slots=True)
class _Common:
    """The common options of a command, by their names above."""

    out: str | None
    frames: str | None
    colour_space: str | None
    view: str
    layer: str
    start: int
    handles: int | None
    model: str
    assignments: list[str]
    preset: str
    seed: int
    title: str
    project: str
    priority: str
    compression: str
    server: str | None
    token: str | None
    wait: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """What a command line asks for."""

    operation: str
    plate: str
    common: _Common
    own: Mapping[str, Any]
    """The command's own options: by the role of an input, or as `_SEGMENT`, `_GUIDES`, `_DEPTH`, `_MOVE` and "strength"
    have them."""


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


def _add(app: typer.Typer, operation: str, help: str, own: Mapping[str, _Option], handles: int = 0) -> None:
    def command(plate: str, **options: Any) -> None:
        common = _Common(**{name: options.pop(name) for name in _COMMON})
        if common.handles is None:
            common = replace(common, handles=handles)
        _ask(_Request(operation, plate, common, options))

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


def _ask(request: _Request) -> None:
    if request.common.priority not in _PRIORITIES:
        raise BadRequest(f'There is no priority "{request.common.priority}": choose {", ".join(_PRIORITIES)}.')
    keyframes, on_the_way = _keyframes(request)
    plate = _plate(request, on_the_way)
    with connect(request.common.server, request.common.token) as client:
        catalog = client.catalog()
        operation = catalog.operation(request.operation)
        single = isinstance(plate, Plate) and len(plate) == 1
        stem = request.operation if isinstance(plate, JobOutput) else _stem(plate.path, request.operation)
        writers = asked.writers(
            request.common.out,
            [output.name for output in operation.outputs],
            stem,
            single=single,
            compression=request.common.compression,
        )
        if request.own.get("cryptomatte"):
            crypto = asked.cryptomatte_writer(request.own["cryptomatte"], single=single)
            writers = {**writers, f"{operation.outputs[0].name}/{CRYPTOMATTE}": crypto}
        model = asked.model_name(operation, request.common.model)
        kinds = {role.name: role.kind for role in operation.inputs}
        inputs: dict[str, InputLike] = {operation.inputs[0].name: plate}
        for role in kinds.keys() & request.own.keys():
            if kinds[role] is RoleKind.KEYS:
                inputs |= {role: keyframes} if keyframes is not None else {}
            elif request.own[role] is not None:
                layer = request.own.get(f"{role}_layer", "")
                inputs[role] = _other(request.own[role], kinds[role], layer, plate, request)
        job = client.submit(
            request.operation,
            inputs,
            model=model,
            parameters=asked.parameters(
                catalog, operation, model, _assignments(request), _prompts(request, plate), request.common.preset
            ),
            frames=_range(request),
            seed=request.common.seed,
            title=request.common.title or stem,
            project=request.common.project,
            priority=_PRIORITIES[request.common.priority],
        )
        if request.common.wait:
            run(job, writers, as_json=request.common.as_json)
        else:
            _leave(job, request.common.as_json)


def _keyframes(request: _Request) -> tuple[InputLike | None, str]:
    """Those that the frames asked for are painted by, and the plate's frames on the way to them."""
    texts = request.own.get("keyframes") or []
    output = asked.job_output(texts[0]) if len(texts) == 1 else None
    if not texts or output is not None:
        return output, ""
    keyframes, wanted = open_keyframes(texts), _range(request)
    return leading(keyframes, *wanted) if wanted is not None else (keyframes, "")


def _plate(request: _Request, on_the_way: str) -> Plate | JobOutput:
    output = asked.job_output(request.plate)
    if output is not None:
        return output
    return open_plate(
        request.plate,
        ",".join(filter(None, (request.common.frames, on_the_way))) or None,
        colour_space=request.common.colour_space,
        view=request.common.view,
        layer=request.common.layer,
        start=request.common.start,
        handles=request.common.handles or 0,
    )


def _other(text: str, kind: RoleKind, layer: str, plate: Plate | JobOutput, request: _Request) -> InputLike:
    """An input beside the plate: where it has frames, those of the plate."""
    output = asked.job_output(text)
    if output is not None:
        return output
    if kind is RoleKind.STILL:
        return open_plate(text)
    frames = request.common.frames
    if isinstance(plate, Plate):
        frames = ",".join(str(number) for number in plate.numbers)
    if not _has_frames(text):
        frames = None
    if kind is RoleKind.MATTE:
        return open_matte(text, frames, view=request.common.view)
    return open_plate(text, frames, layer=layer)


def _has_frames(text: str) -> bool:
    return Pattern(Path(text)).numbered


def _range(request: _Request) -> tuple[int, int] | None:
    """The frames to deliver; None for all that were sent."""
    if request.common.frames is None:
        return None
    numbers = parse_frames(request.common.frames)
    if asked.job_output(request.plate) and len(numbers) != numbers[-1] - numbers[0] + 1:
        raise BadRequest("Of a job's output, ask for one unbroken range with --frames.")
    return numbers[0], numbers[-1]


def _prompts(request: _Request, plate: Plate | JobOutput) -> list[Prompt]:
    options = request.own
    if not any(options.get(name) for name in _CLICKS):
        return []
    numbers: Sequence[int] = parse_frames(request.common.frames) if request.common.frames else ()
    if not numbers and isinstance(plate, Plate):
        numbers = plate.numbers
    first = numbers[0] if numbers else None
    spoken = [*options["clicks"], *options["no_clicks"], *options["boxes"]]
    if first is None and not all("@" in text for text in spoken):
        raise BadRequest("Say the frame of each click or box on a job's output: X,Y@FRAME.")
    frame = first or 0
    return [
        *(asked.click(text, frame, True) for text in options["clicks"]),
        *(asked.click(text, frame, False) for text in options["no_clicks"]),
        *(asked.box(text, frame) for text in options["boxes"]),
    ]


def _assignments(request: _Request) -> list[str]:
    """Parameters, and the options that are another way to give one."""
    given = {name: request.own.get(name) for name in ("strength", *_DEPTH, *_MOVE)}
    options = [f"{name}={value}" for name, value in given.items() if value is not None]
    return [*request.common.assignments, *options]


def _stem(path: Path, operation: str) -> str:
    return f"{path.name.split('.')[0].rstrip('_#')}.{operation}"


def _leave(job: Job, as_json: bool) -> None:
    """Returns when the server needs this machine no more."""
    with notes().status("Sending frames"):
        job.wait_sent()
    if as_json:
        print_json(summary(job.info))
    else:
        say(f"Job {job.id} is on its way: `replate fetch {job.id}` gets its frames.")
