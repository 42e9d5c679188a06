"""What becomes a job: a request checked as a whole, with its defaults filled in and its windows planned."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from replate.errors import BadRequest, Exhausted, NotFound, Unmet
from replate.frame import DATA, FrameSpec, StoredFrame
from replate.values import JobState, Priority, Role, RoleKind, Value
from replate_server.darkroom.colour import colour
from replate_server.darkroom.sequence import plan
from replate_server.jobs import Job, JobOutput, JobSpec, Source
from replate_server.operations.contract import Card, Operation, Windows, windows_wanted
from replate_server.operations.loras import loras_of
from replate_server.operations.registry import broken_models, check_parameters, models, operations
from replate_server.scheduling.formats import check_format
from replate_server.scheduling.recipes import job_recipe
from replate_server.settings import LimitSettings
from replate_server.store.ledger import Ledger, WindowRecord
from replate_server.weights.store import WeightStore
from replate_server.weights.weight import Weight

Frames = Mapping[tuple[str, int], FrameSpec | None]
"""Which frames an input has, by view and number; None for a spec that is not known yet."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What somebody asked for, unchecked."""

    operation: str
    model: str
    """Empty for the operation's default."""
    parameters: Mapping[str, Value]
    inputs: Mapping[str, Source]
    range: tuple[int, int] | None
    """First and last frame to deliver; None for all."""
    seed: int
    title: str
    project: str
    priority: Priority


class Admission:
    """Checks requests. Thread-safe."""

    def __init__(self, ledger: Ledger, weights: WeightStore, limits: LimitSettings, colour_config: str) -> None:
        self._ledger = ledger
        self._weights = weights
        self._limits = limits
        self._config = colour_config

    def admit(self, request: JobRequest, owner: str) -> tuple[Job, list[WindowRecord]]:
        """A job that can run, not yet in the ledger, and its windows.

        Raises `NotFound`, `BadRequest`, `Unmet` and `Exhausted`, each with what to do.
        """
        operation, card = self._what(request)
        for weight in card.weights:
            self._weights.check(self._weights.weight(weight))
        if len(request.title) > 200 or len(request.project) > 100:
            raise BadRequest("A title has at most 200 characters and a project's name 100: shorten it.")
        parameters = check_parameters(operation, card, request.parameters)
        plates = self._inputs(operation, card, request.inputs)
        main = _held(plates[operation.roles[0].name], request.range, self._limits.plate_frames)
        numbers = _in_range(sorted({number for _, number in main}), request.range)
        delivered = set(numbers)
        needed = {at for at in main if at[1] in delivered}
        for role in operation.roles[1:]:
            if role.kind is RoleKind.KEYS:
                _check_keys(role, plates.get(role.name, {}), main)
            elif role.name in plates:
                _check_covers(role, plates[role.name], needed)
        check_format(
            operation, parameters, request.inputs[operation.roles[0].name], self._ledger, self._limits.frame_pixels
        )
        windows = _windows(windows_wanted(operation, card, plates.keys(), parameters), main, numbers)
        open_jobs = self._ledger.count_open(owner)
        if open_jobs >= self._limits.open_jobs:
            raise Exhausted(f"You have {open_jobs} open jobs, which is the limit: wait for some, or cancel some.")
        spec = JobSpec(
            operation=operation.name,
            model=card.name,
            parameters=parameters,
            inputs=request.inputs,
            first=min(numbers),
            last=max(numbers),
            seed=request.seed,
            title=request.title,
            project=request.project,
            priority=_priority(request.priority, windows),
        )
        sums = {name: _told(self._weights.weight(name)) for name in card.weights}
        loras = {name: self._weights.loras.sha256(name) for name, _ in loras_of(card, parameters)}
        job = Job(
            id=secrets.token_hex(8),
            owner=owner,
            spec=spec,
            recipe=job_recipe(spec, card, sums, loras, self._config),
            state=JobState.QUEUED,
            message="",
            warnings=(),
            created=time.time(),
            ended=None,
            frames=sum(len(window.numbers) for window in windows),
        )
        return job, windows

    def _what(self, request: JobRequest) -> tuple[Operation, Card]:
        known = operations()
        if request.operation not in known:
            raise NotFound(
                f"There is no operation {_said(request.operation, known)}: list those there are with `replate models`."
            )
        operation = known[request.operation]
        name = request.model or operation.default_model
        if name in broken_models():
            raise Unmet(broken_models()[name])
        if name not in models():
            raise NotFound(f"There is no model {_said(name, models())}: list those there are with `replate models`.")
        card = models()[name].card
        if card.operation != operation.name:
            raise BadRequest(f"The model {name} does {card.operation}, not {operation.name}: choose another model.")
        return operation, card

    def _inputs(self, operation: Operation, card: Card, inputs: Mapping[str, Source]) -> dict[str, Frames]:
        roles = {role.name: role for role in operation.roles}
        for name in inputs:
            if name not in roles:
                raise BadRequest(f"{operation.label} takes no input {_said(name, roles)}: it takes {', '.join(roles)}.")
        for role in operation.roles:
            if role.required and role.name not in inputs:
                raise BadRequest(f"{operation.label} needs the input {role.name}: connect one.")
            if role.name in card.needs and role.name not in inputs:
                what = role.tooltip.rstrip(".")
                raise BadRequest(
                    f"The model {card.name} needs the input {role.name} ({what[:1].lower()}{what[1:]}): connect one, "
                    f"or choose another model{_such_as(operation, inputs)}."
                )
        return {name: self._frames(roles[name], source) for name, source in inputs.items()}

    def _frames(self, role: Role, source: Source) -> Frames:
        frames: Frames
        if isinstance(source, JobOutput):
            frames = self._linked(source)
        else:
            for frame in source:
                self._check_frame(role, frame)
            frames = {(frame.spec.view, frame.spec.number): frame.spec for frame in source}
        if len(frames) > self._limits.plate_frames:
            raise BadRequest(
                f"The {role.name} has {len(frames)} frames where this server takes {self._limits.plate_frames}: "
                "send it in parts."
            )
        if role.kind is RoleKind.STILL and len(frames) != 1:
            raise BadRequest(f"The {role.name} has {len(frames)} frames where one is needed: choose one.")
        return frames

    def _check_frame(self, role: Role, frame: StoredFrame) -> None:
        spec = frame.spec
        for window in (spec.data_window, spec.display_window):
            pixels = window.width * window.height
            if pixels > self._limits.frame_pixels:
                raise BadRequest(
                    f"Frame {spec.number} of the {role.name} is {window.width}x{window.height}, "
                    f"{pixels / 1e6:.0f} megapixels where this server takes {self._limits.frame_pixels / 1e6:.0f}: "
                    "send a smaller one, or raise limits.frame_pixels."
                )
        if spec.colour_space != DATA:
            colour(self._config).check(spec.colour_space)
        elif role.kind not in (RoleKind.MATTE, RoleKind.ANY):
            raise BadRequest(f"The {role.name} is marked as data, which has no colour: name its colour space.")

    def _linked(self, link: JobOutput) -> Frames:
        upstream = self._ledger.job(link.job, with_inputs=False)
        outputs = [output.name for output in operations()[upstream.spec.operation].outputs]
        if link.output not in outputs:
            raise NotFound(f"The job {link.job} has no output {link.output}: it has {', '.join(outputs)}.")
        if upstream.state in (JobState.FAILED, JobState.CANCELLED):
            raise Unmet(f"The job {link.job} {upstream.state.value}: submit it again before chaining to it.")
        return {(window.view, number): None for window in self._ledger.windows(link.job) for number in window.numbers}


def _told(weight: Weight) -> str:
    """What a weight is: its digest, or where it will come from while that is all that is known."""
    return weight.sha256 or weight.sources[0].label


def _priority(asked: Priority, windows: Sequence[WindowRecord]) -> Priority:
    """Who asks for a single frame is looking at it, unless they say that it can wait."""
    single = sum(len(window.numbers) for window in windows) == 1
    return Priority.PREVIEW if single and asked is Priority.NORMAL else asked


def _windows(wanted: Windows, main: Frames, numbers: Sequence[int]) -> list[WindowRecord]:
    """Planned over the whole plate and then cut to the range, so that another range finds the same windows."""
    delivered = set(numbers)
    windows: list[WindowRecord] = []
    for view in sorted({view for view, _ in main}):
        present = [number for at, number in main if at == view]
        for window in plan(present, wanted.length, wanted.before, wanted.after):
            deliver = tuple(number for number in window.numbers if number in delivered)
            if deliver:
                windows.append(WindowRecord(len(windows), view, deliver, window.context))
    # The first frames of all views come before the last frames of any.
    ordered = sorted(windows, key=lambda window: (window.numbers[0], window.view))
    return [replace(window, ordinal=ordinal) for ordinal, window in enumerate(ordered)]


def _held(frames: Frames, wanted: tuple[int, int] | None, most: int) -> Frames:
    """A still holds for any frame: it is there under every number that is asked for."""
    if len(frames) != 1 or wanted is None:
        return frames
    count = wanted[1] - wanted[0] + 1
    if count > most:
        raise BadRequest(f"{count} frames of a still were asked for where this server gives {most}: ask for fewer.")
    (((view, _), spec),) = frames.items()
    return {(view, number): spec for number in range(wanted[0], wanted[1] + 1)}


def _in_range(present: Sequence[int], wanted: tuple[int, int] | None) -> list[int]:
    if wanted is None:
        return list(present)
    first, last = wanted
    chosen = [number for number in present if first <= number <= last]
    if not chosen:
        raise BadRequest(f"The plate has no frames from {first} to {last}: it goes from {present[0]} to {present[-1]}.")
    return chosen


def _check_covers(role: Role, frames: Frames, needed: set[tuple[str, int]]) -> None:
    if len(frames) == 1:
        return
    lacking = sorted(number for view, number in needed if (view, number) not in frames and ("", number) not in frames)
    if lacking:
        shown = ", ".join(map(str, lacking[:5])) + (" and others" if len(lacking) > 5 else "")
        raise BadRequest(f"The {role.name} has no frame {shown}: render it, or ask for the frames that are there.")


def _such_as(operation: Operation, inputs: Collection[str]) -> str:
    """A model that can do with these inputs; the one that needs most of them."""
    needs = {name: each.card.needs for name, each in models().items() if each.card.operation == operation.name}
    able = [name for name in needs if set(needs[name]) <= set(inputs)]
    return f", such as {max(able, key=lambda name: len(needs[name]))}" if able else ""


def _check_keys(role: Role, frames: Frames, main: Frames) -> None:
    views, numbers = {view for view, _ in main}, sorted({number for _, number in main})
    strange = sorted(number for view, number in frames if not (view in {*views, ""} and number in numbers))
    if strange:
        shown = ", ".join(map(str, strange[:5])) + (" and others" if len(strange) > 5 else "")
        raise BadRequest(
            f"The {role.name} have frame {shown}, which the plate has not: give them the numbers of the plate's "
            f"frames, {numbers[0]} to {numbers[-1]}."
        )


def _said(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"{name[:60]} (did you mean {near[0]}?)" if near else name[:60]
