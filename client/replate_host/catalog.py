"""What the server can do, as the agent's `catalog` tells it: enough to build a host's knobs and menus from.

Kept on disk, or in the host's own script, it serves where no server is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .protocol import AgentError
from .wording import fields as fields_of
from .wording import worded

FILE = "catalog.json"


@dataclass(frozen=True)
class Parameter:
    """One knob of an operation or a model."""

    name: str
    label: str
    type: str
    """"flag", "whole", "real", "text", "choice" or "prompts"."""
    default: Any
    """As JSON has it, but for prompts: a tuple."""
    tooltip: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    group: str = ""
    """Parameters of one group belong together; empty for the main one."""


@dataclass(frozen=True)
class Input:
    name: str
    label: str
    tooltip: str = ""
    kind: str = "plate"
    """"plate", "matte", "still" (one frame), "any" (colour or data), or "keys" (finished pictures of some frames)."""
    required: bool = True


@dataclass(frozen=True)
class Output:
    name: str
    label: str
    tooltip: str = ""
    channels: tuple[str, ...] = ()
    """Empty when they follow the plate or the prompts."""
    data: bool = False
    """Depth, motion, mattes and ids: never colour-managed."""


@dataclass(frozen=True)
class Operation:
    """What can be asked for."""

    name: str
    label: str
    tooltip: str = ""
    default_model: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """Taken by every model of it."""


@dataclass(frozen=True)
class Preset:
    """Values of a model's parameters that go together, to begin from."""

    name: str
    label: str
    tooltip: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    """By the names of parameters, the operation's and the model's."""


@dataclass(frozen=True)
class Weight:
    """A file of a model's weights."""

    name: str
    licence: str = ""
    bytes: int = 0
    present: bool = True
    """Whether the server has it; otherwise the first job fetches it."""


@dataclass(frozen=True)
class Model:
    """One implementation of an operation."""

    name: str
    """"restyle/adain"."""
    operation: str
    label: str
    tooltip: str = ""
    revision: str = ""
    licence: str = ""
    parameters: tuple[Parameter, ...] = ()
    """Its own, beside the operation's."""
    weights: tuple[Weight, ...] = ()
    available: bool = True
    unavailable_reason: str = ""
    """Why a job for it cannot run, and what to do."""
    needs: tuple[str, ...] = ()
    """Names of inputs that the operation may go without and this model may not."""
    presets: tuple[Preset, ...] = ()
    wording: tuple[str, ...] = ()
    """The sentences of the prompt that it is told, out of text parameters; empty for a model without a prompt."""

    def prompt(self, parameters: Mapping[str, Any]) -> str:
        """What it is told by a job with these parameters, of which none is left out."""
        return worded(self.wording, parameters)

    @property
    def spoken(self) -> frozenset[str]:
        """Names of the parameters that its prompt is made of."""
        return frozenset(name for sentence in self.wording for name in fields_of(sentence))

    def requires(self, role: Input) -> bool:
        """Whether a job for it must have this input of its operation."""
        return role.required or role.name in self.needs

    @property
    def bytes_to_fetch(self) -> int:
        """Of weights that the server lacks: the first job takes that much longer."""
        return sum(weight.bytes for weight in self.weights if not weight.present)


@dataclass(frozen=True)
class Catalog:
    """A server's description of itself, or a part of one."""

    version: str = ""
    """Of the server's software."""
    operations: tuple[Operation, ...] = ()
    models: tuple[Model, ...] = ()
    colour_config: str = ""
    """The OpenColorIO config in which colour spaces are named."""
    limits: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Any) -> Catalog:
        """Of what the agent answers to `catalog`, or of `as_json`.

        What a later server says beyond this is left out. Raises `AgentError` for what is no catalog.
        """
        try:
            return Catalog(
                version=str(said.get("version", "")),
                operations=tuple(map(_operation, said["operations"])),
                models=tuple(map(_model, said["models"])),
                colour_config=str(said.get("colour_config", "")),
                limits={str(name): int(limit) for name, limit in dict(said.get("limits") or {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AgentError("Damaged", f"This is no catalog ({error!r}): ask the server for it again.") from error

    def as_json(self) -> dict[str, Any]:
        """What `json.dumps` takes, and `of` reads."""
        return asdict(self)

    def operation(self, name: str) -> Operation | None:
        """None where the server has none of this name."""
        return next((operation for operation in self.operations if operation.name == name), None)

    def model(self, name: str) -> Model | None:
        return next((model for model in self.models if model.name == name), None)

    def models_of(self, operation: str) -> tuple[Model, ...]:
        """An operation's models, its default first."""
        known = self.operation(operation)
        first = known.default_model if known is not None else ""
        mine = [model for model in self.models if model.operation == operation]
        return tuple(sorted(mine, key=lambda model: model.name != first))

    def part(self, operation: str) -> Catalog:
        """The catalog of one operation and its models, for a node to carry with it."""
        return Catalog(
            version=self.version,
            operations=tuple(each for each in self.operations if each.name == operation),
            models=self.models_of(operation),
            colour_config=self.colour_config,
            limits=self.limits,
        )

    def keep(self, folder: str | Path) -> bool:
        """Writes it where `kept` finds it, whole or not at all; False where that cannot be done."""
        path = Path(folder) / FILE
        # Several of one artist's hosts may do so at once.
        part = path.with_name(f"{FILE}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self.as_json()), encoding="utf-8")
            part.replace(path)
        except OSError:
            return False
        return True

    @classmethod
    def kept(cls, folder: str | Path) -> Catalog | None:
        """The last one that was kept in a folder; None where there is none, or it is damaged."""
        try:
            return cls.of(json.loads((Path(folder) / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError, AgentError):
            return None


def _operation(said: Mapping[str, Any]) -> Operation:
    return Operation(
        **{
            **_plain(Operation, said),
            "inputs": tuple(Input(**_plain(Input, each)) for each in said.get("inputs", ())),
            "outputs": tuple(Output(**_plain(Output, each)) for each in said.get("outputs", ())),
            "parameters": _parameters(said),
        }
    )


def _model(said: Mapping[str, Any]) -> Model:
    return Model(
        **{
            **_plain(Model, said),
            "parameters": _parameters(said),
            "weights": tuple(Weight(**_plain(Weight, each)) for each in said.get("weights", ())),
            "presets": tuple(Preset(**_plain(Preset, each)) for each in said.get("presets", ())),
        }
    )


def _parameters(said: Mapping[str, Any]) -> tuple[Parameter, ...]:
    return tuple(Parameter(**_plain(Parameter, each)) for each in said.get("parameters", ()))


def _plain(kind: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a class has; JSON's lists are tuples."""
    names = [each.name for each in fields(kind)]
    return {name: tuple(said[name]) if isinstance(said[name], list) else said[name] for name in names if name in said}
