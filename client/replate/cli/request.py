"""What a command line asks of an operation, and as a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from replate.catalog import Catalog
from replate.cli import asked
from replate.errors import BadRequest
from replate.jobs import InputLike, JobOutput
from replate.media import Pattern, Plate, find_keyframes, open_keyframes, open_matte, open_plate, parse_frames
from replate.media.keyframes import leading
from replate.values import Priority, Prompt, RoleKind
from replate.variations import Variation

Opened = TypeVar("Opened")

PRIORITIES = {priority.name.lower(): priority for priority in Priority}
_CLICKS = ("clicks", "no_clicks", "boxes")
_NO_PARAMETERS = (*_CLICKS, "cryptomatte")
"""Of a command's own options, beside the roles of inputs and their layers: what is no parameter."""


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every operation's command has."""

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
    vary: list[str]
    preview: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line asks for."""

    operation: str
    plate: str
    common: Common
    own: Mapping[str, Any]
    """The command's own options: by the role of an input, by the role and "_layer", by a parameter, or as
    `_NO_PARAMETERS` has them."""

    def __post_init__(self) -> None:
        if self.common.priority not in PRIORITIES:
            raise BadRequest(f'There is no priority "{self.common.priority}": choose {", ".join(PRIORITIES)}.')

    @property
    def stem(self) -> str:
        """What its files are called, before the frame number: "shot.restyle"."""
        if asked.job_output(self.plate) is not None:
            return self.operation
        return f"{Path(self.plate).name.split('.')[0].rstrip('_#')}.{self.operation}"

    @property
    def range(self) -> tuple[int, int] | None:
        """The frames to deliver; None for all that are sent."""
        if self.common.frames is None:
            return None
        numbers = parse_frames(self.common.frames)
        if asked.job_output(self.plate) and len(numbers) != numbers[-1] - numbers[0] + 1:
            raise BadRequest("Of a job's output, ask for one unbroken range with --frames.")
        return numbers[0], numbers[-1]


@dataclass(frozen=True, slots=True)
class Opener:
    """Makes jobs of requests, and opens what several of them name once."""

    _opened: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def job(self, request: Request, catalog: Catalog, label: str = "") -> Variation:
        """All that a request's job is made of. Raises what opening raises, and `BadRequest` for a parameter."""
        operation = catalog.operation(request.operation)
        model = asked.model_name(operation, request.common.model)
        kinds = {role.name: role.kind for role in operation.inputs}
        plate = self.plate(request)
        inputs: dict[str, InputLike] = {operation.inputs[0].name: plate}
        for role in kinds.keys() & request.own.keys():
            if kinds[role] is RoleKind.KEYS:
                inputs |= self._keyframes(role, plate, request)
            elif request.own[role] is not None:
                inputs[role] = self._other(role, kinds[role], plate, request)
        assignments, prompts = _assignments(request, kinds), _prompts(request, plate)
        parameters = asked.parameters(catalog, operation, model, assignments, prompts, request.common.preset)
        return Variation(label, inputs, model, parameters, request.common.seed)

    def plate(self, request: Request) -> Plate | JobOutput:
        """The request's plate, as far as it is needed. Raises what opening raises."""
        output = asked.job_output(request.plate)
        if output is not None:
            return output
        common, (_, on_the_way) = request.common, self._keys(request)
        frames = ",".join(filter(None, (common.frames, on_the_way))) or None
        return self._once(
            lambda: open_plate(
                request.plate,
                frames,
                colour_space=common.colour_space,
                view=common.view,
                layer=common.layer,
                start=common.start,
                handles=common.handles or 0,
            ),
            *("plate", request.plate, frames),
        )

    def _keys(self, request: Request) -> tuple[Mapping[int, Path], str]:
        """The files of the keyframes that the frames asked for are painted by, and the plate's frames on the way."""
        texts, wanted = request.own.get("keyframes") or [], request.range
        if not texts or asked.job_output(texts[0]) is not None:
            return {}, ""
        files = self._once(lambda: find_keyframes(texts), "keyframes", *texts)
        if wanted is None:
            return files, ""
        numbers, on_the_way = leading(files, *wanted)
        return {number: files[number] for number in numbers}, on_the_way

    def _keyframes(self, role: str, plate: Plate | JobOutput, request: Request) -> Mapping[str, InputLike]:
        """The input of keyframes, where there are any."""
        texts, (files, _) = request.own[role] or [], self._keys(request)
        output = asked.job_output(texts[0]) if texts else None
        if output is not None:
            return {role: output}
        painted_on = plate if isinstance(plate, Plate) else None
        return {role: open_keyframes(files, painted_on)} if files else {}

    def _other(self, role: str, kind: RoleKind, plate: Plate | JobOutput, request: Request) -> InputLike:
        """An input beside the plate: where it has frames, those of the plate."""
        text, layer = request.own[role], request.own.get(f"{role}_layer", "")
        output = asked.job_output(text)
        if output is not None:
            return output
        if kind is RoleKind.STILL:
            return self._once(lambda: open_plate(text), role, text)
        frames = request.common.frames
        if isinstance(plate, Plate):
            frames = ",".join(str(number) for number in plate.numbers)
        if not Pattern(Path(text)).numbered:
            frames = None
        if kind is RoleKind.MATTE:
            return self._once(lambda: open_matte(text, frames, view=request.common.view), role, text, frames)
        return self._once(lambda: open_plate(text, frames, layer=layer), role, text, frames)

    def _once(self, open_: Callable[[], Opened], *key: object) -> Opened:
        if key not in self._opened:
            self._opened[key] = open_()
        found: Opened = self._opened[key]
        return found


def _assignments(request: Request, kinds: Mapping[str, RoleKind]) -> list[str]:
    """Parameters, and the options that are another way to give one."""
    others = {*_NO_PARAMETERS, *kinds, *(f"{role}_layer" for role in kinds)}
    given = {name: value for name, value in request.own.items() if name not in others and value is not None}
    return [*request.common.assignments, *(f"{name}={value}" for name, value in given.items())]


def _prompts(request: Request, plate: Plate | JobOutput) -> list[Prompt]:
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
