"""What a server can do: operations, models and their parameters, enough to build a UI from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from replate.errors import NotFound
from replate.link import Link
from replate.v1 import catalog_pb2
from replate.values import OutputPlate, Parameter, Preset, Role, Value
from replate.wire_values import read_output_plate, read_parameter, read_preset, read_role
from replate_host.wording import worded


@dataclass(frozen=True, slots=True)
class Weight:
    """A file of a model's weights."""

    name: str
    sha256: str
    bytes: int
    licence: str
    present: bool
    """Whether the server has it already; otherwise the first job fetches it."""


@dataclass(frozen=True, slots=True)
class Model:
    """One implementation of an operation."""

    name: str
    """"restyle/adain"."""
    operation: str
    label: str
    tooltip: str
    revision: str
    licence: str
    """SPDX identifier of its weights."""
    parameters: tuple[Parameter, ...]
    """Its own, beside the operation's."""
    weights: tuple[Weight, ...]
    memory_bytes: int
    available: bool
    unavailable_reason: str
    """Why a job for it cannot run, and what to do."""
    needs: tuple[str, ...] = ()
    """Names of roles that the operation may go without and this model may not."""
    presets: tuple[Preset, ...] = ()
    wording: tuple[str, ...] = ()
    """The sentences of the prompt that it is told; see `replate_host.wording`. Empty for a model without a prompt."""

    def preset(self, name: str) -> Preset:
        """Raises `NotFound`, saying which there are."""
        for preset in self.presets:
            if preset.name == name:
                return preset
        known = ", ".join(preset.name for preset in self.presets)
        raise NotFound(f"The model {self.name} has no preset '{name}'; it has {known or 'none'}.")


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked for."""

    name: str
    label: str
    tooltip: str
    inputs: tuple[Role, ...]
    outputs: tuple[OutputPlate, ...]
    parameters: tuple[Parameter, ...]
    """Taken by every model of it."""
    default_model: str


@dataclass(frozen=True, slots=True)
class Limits:
    frame_pixels: int
    plate_frames: int
    message_bytes: int
    open_jobs: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """A server's description of itself."""

    version: str
    """Of the server's software."""
    operations: tuple[Operation, ...]
    models: tuple[Model, ...]
    limits: Limits
    devices: tuple[str, ...]
    """What runs windows: "cpu", "cuda:0"."""
    colour_config: str
    """The OpenColorIO config in which colour spaces are named."""

    def operation(self, name: str) -> Operation:
        """Raises `NotFound`, saying which there are."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        known = ", ".join(operation.name for operation in self.operations)
        raise NotFound(f"The server knows no operation '{name}'; it knows {known}.")

    def model(self, name: str) -> Model:
        """Raises `NotFound`, saying which there are."""
        for model in self.models:
            if model.name == name:
                return model
        raise NotFound(f"The server knows no model '{name}'; it knows {', '.join(m.name for m in self.models)}.")

    def prompt(self, operation: str, model: str, parameters: Mapping[str, Value]) -> str:
        """What a job's model is told in words; empty for a model without a prompt.

        `model` may be empty for the operation's default; parameters that are not given have theirs. Raises `NotFound`.
        """
        asked = self.operation(operation)
        chosen = self.model(model or asked.default_model)
        defaults = {parameter.name: parameter.default for parameter in (*asked.parameters, *chosen.parameters)}
        return worded(chosen.wording, {**defaults, **parameters})


def describe(link: Link) -> Catalog:
    """Asks the server. Raises `Unmet`, saying which side to upgrade, when the versions do not fit."""
    message = link.ask(lambda calls: calls.catalog.Describe, catalog_pb2.DescribeRequest())
    limits = message.limits
    return Catalog(
        version=message.version,
        operations=tuple(_read_operation(operation) for operation in message.operations),
        models=tuple(_read_model(model) for model in message.models),
        limits=Limits(limits.frame_pixels, limits.plate_frames, limits.message_bytes, limits.open_jobs),
        devices=tuple(message.devices),
        colour_config=message.colour_config,
    )


def _read_operation(message: catalog_pb2.Operation) -> Operation:
    return Operation(
        name=message.name,
        label=message.label,
        tooltip=message.tooltip,
        inputs=tuple(read_role(role) for role in message.inputs),
        outputs=tuple(read_output_plate(output) for output in message.outputs),
        parameters=tuple(read_parameter(parameter) for parameter in message.parameters),
        default_model=message.default_model,
    )


def _read_model(message: catalog_pb2.Model) -> Model:
    return Model(
        name=message.name,
        operation=message.operation,
        label=message.label,
        tooltip=message.tooltip,
        revision=message.revision,
        licence=message.licence,
        parameters=tuple(read_parameter(parameter) for parameter in message.parameters),
        weights=tuple(
            Weight(weight.name, weight.sha256.hex(), weight.bytes, weight.licence, weight.present)
            for weight in message.weights
        ),
        memory_bytes=message.memory_bytes,
        available=message.available,
        unavailable_reason=message.unavailable_reason,
        needs=tuple(message.needs),
        presets=tuple(read_preset(preset) for preset in message.presets),
        wording=tuple(message.wording),
    )
