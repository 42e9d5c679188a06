"""What `--vary` and `--preview` say, and the requests that come of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from replate.catalog import Catalog, Operation
from replate.cli import asked
from replate.cli.request import Opener, Request
from replate.errors import BadRequest
from replate.jobs import JobOutput
from replate.media import parse_frames
from replate.media.metadata import rate_of
from replate.values import ParameterType
from replate.variations import combined

SIZES = ("full", "half", "quarter")
_SETTINGS = ("seed", "model", "preset")
_ALONG = ("motion", "keyframes")
"""Inputs that are followed from each frame to the next."""
_RATE = 24
"""Frames a second where the plate does not say."""
_FIRST = re.compile(r"(\d+(?:\.\d+)?)(s?)")


@dataclass(frozen=True, slots=True)
class Preview:
    """How much of a plate is tried."""

    frames: int | None = None
    """From its first on; None for all."""
    seconds: float | None = None
    every: int = 1
    size: str = "full"

    @classmethod
    def of(cls, text: str) -> Preview:
        """Written "first=2s,every=5,half", or with frames, "first=48". Raises `BadRequest`."""
        found = cls()
        for word in filter(None, text.replace(" ", "").split(",")):
            name, _, value = word.partition("=")
            first = _FIRST.fullmatch(value)
            if word in SIZES:
                found = replace(found, size=word)
            elif name == "first" and first and float(first[1]) > 0 and (first[2] or first[1].isdecimal()):
                seconds = float(first[1]) if first[2] else None
                found = replace(found, seconds=seconds, frames=None if first[2] else int(first[1]))
            elif name == "every" and value.isdecimal() and int(value):
                found = replace(found, every=int(value))
            else:
                raise BadRequest(f'"{word}" is no preview: write it as first=2s, first=48, every=5, half or quarter.')
        return found

    def applied(self, request: Request, operation: Operation, opener: Opener) -> Request:
        """The request, of so much alone. Raises `BadRequest` where that cannot be."""
        common = request.common
        if self.size != SIZES[0]:
            if "size" not in {parameter.name for parameter in operation.parameters}:
                raise BadRequest(f"{operation.label} always works at full size: leave {self.size} out of --preview.")
            common = replace(common, assignments=[*common.assignments, f"size={self.size}"])
        if self != Preview(size=self.size):
            common = replace(common, frames=",".join(map(str, self._numbers(request, opener))))
        return replace(request, common=common)

    def _numbers(self, request: Request, opener: Opener) -> Sequence[int]:
        along = [role for role in _ALONG if request.own.get(role)]
        if self.every > 1 and along:
            raise BadRequest(f"With {along[0]} every frame is needed: leave every={self.every} out, and try first=2s.")
        plate = opener.plate(request)
        if isinstance(plate, JobOutput):
            if self.every > 1 or self.seconds is not None or request.common.frames is None:
                raise BadRequest("Of a job's output, say what to try with --frames.")
            numbers: Sequence[int] = parse_frames(request.common.frames)
            rate = float(_RATE)
        else:
            numbers = parse_frames(request.common.frames) if request.common.frames else plate.numbers
            rate = float(rate_of(plate.spec(numbers[0]).metadata) or _RATE)
        frames = max(1, round(self.seconds * rate)) if self.seconds is not None else self.frames
        return [number for number in numbers if frames is None or number < numbers[0] + frames][:: self.every]


@dataclass(frozen=True, slots=True)
class Varied:
    """What is tried: for each variation the values of what differs, by name, as they were written."""

    changes: Sequence[Mapping[str, str]]
    _parameters: frozenset[str]
    _roles: frozenset[str]

    @classmethod
    def of(cls, texts: Sequence[str], request: Request, catalog: Catalog) -> Varied:
        """Every combination of what is written NAME=VALUE,VALUE. Raises `BadRequest`, saying what can be varied.

        A value with a comma in it stands in quotes: prompt="a street, at night",fog.
        """
        values = _values(texts)
        operation = catalog.operation(request.operation)
        models = [asked.model_name(operation, name) for name in values.get("model", (request.common.model,))]
        chosen = [catalog.model(name or operation.default_model) for name in models]
        parameters = frozenset(
            parameter.name
            for parameter in (*operation.parameters, *(each for model in chosen for each in model.parameters))
            if parameter.type is not ParameterType.PROMPTS
        )
        roles = frozenset(role.name for role in operation.inputs[1:] if role.name in request.own)
        for name in values:
            if name not in (known := (*_SETTINGS, *sorted(roles), *sorted(parameters))):
                close = get_close_matches(name, known, 1)
                what = f"did you mean {close[0]}?" if close else f"choose {', '.join(known)}."
                raise BadRequest(f'There is no "{name}" to vary: {what}')
        return cls(combined(values), parameters, roles)

    @property
    def labels(self) -> list[str]:
        """What tells each variation from the others: "strength 0.4 · seed 1"."""
        names = list(self.changes[0])
        telling = [name for name in names if len({change[name] for change in self.changes}) > 1] or names
        return [" · ".join(f"{name.replace('_', ' ')} {self._said(name, change)}" for name in telling)
                for change in self.changes]  # fmt: skip

    def applied(self, request: Request, change: Mapping[str, str]) -> Request:
        """A request with one variation's values in it. Raises `BadRequest` for a seed that is none."""
        common, own = request.common, dict(request.own)
        for name, value in change.items():
            if name in own:
                own[name] = [value] if isinstance(own[name], list) else value
            elif name in self._parameters:
                common = replace(common, assignments=[*common.assignments, f"{name}={value}"])
            elif name == "seed":
                common = replace(common, seed=_seed(value))
            elif name == "model":
                common = replace(common, model=value)
            else:
                common = replace(common, preset=value)
        return replace(request, common=common, own=own)

    def _said(self, name: str, change: Mapping[str, str]) -> str:
        """A value; of a file its name, where no other has the same."""
        value = change[name]
        others = {Path(each[name]).name for each in self.changes if each[name] != value}
        return Path(value).name if name in self._roles and Path(value).name not in others else value


def _values(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, _, said = text.partition("=")
        values = [value.strip() for value in next(csv.reader([said.strip()], skipinitialspace=True), [])]
        if not name.strip() or not values or not all(values):
            raise BadRequest(f'"{text}" says nothing to try: write it as NAME=VALUE,VALUE, such as strength=0.4,0.8.')
        name = name.strip().replace("-", "_")
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *values)))
    return found


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise BadRequest(f'A seed is a whole number, not "{text}".')
    return int(text)
