"""What a model must do, checked by running it through its operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from replate.errors import BadRequest, Cancelled, ReplateError
from replate.frame import DATA, Frame, FrameSpec, digest_of, pixel_bytes
from replate.values import OutputPlate, Parameter, ParameterType, Role, Value
from replate_server.operations.compliance.card import card_faults
from replate_server.operations.compliance.network import nothing_leaves
from replate_server.operations.compliance.plates import SHAPES, inputs_of, on_the_ball, synthetic
from replate_server.operations.compliance.window import MemoryWindow, Recorder, windows_of
from replate_server.operations.contract import Delivery, Model, Operation, keyed_roles, windows_due, windows_wanted
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations

_CANCELLATIONS = 6


def comply(model: type[Model], weights: Mapping[str, Path] | None = None, device: str = "cpu") -> None:
    """Raises AssertionError, with a sentence for each fault, when a model breaks the contract."""
    faults = check_model(model, weights or {}, device)
    assert not faults, f"{getattr(model, '__qualname__', model)} does not comply:\n- " + "\n- ".join(faults)


def check_model(model: type[Model], weights: Mapping[str, Path], device: str = "cpu") -> list[str]:
    """The faults of a model, a sentence each; none for one that complies.

    `weights` are files by the names that its card states. The model is loaded on `device` and run, a few seconds
    for a small one.
    """
    faults = list(card_faults(getattr(model, "card", None)))
    if faults:
        return faults
    missing = sorted(set(model.card.weights) - set(weights))
    if missing:
        return [f"No file was given for the weight {missing[0]}; name one to check the model."]
    with nothing_leaves() as attempts:
        try:
            made = model()
            made.load({name: weights[name] for name in model.card.weights}, device)
        except Exception as error:
            return [f"It cannot be made and loaded: {type(error).__name__}: {error}"]
        faults += _running_faults(made)
    return faults + [f"It reached for the network: {attempt}." for attempt in attempts[:3]]


@dataclass(frozen=True, slots=True)
class _Case:
    """A model at work on a plate."""

    model: Model
    operation: Operation
    plate: tuple[Frame, ...]
    given: Mapping[str, Value]
    bare: bool = False
    """With the inputs that it must have, and no others."""

    @property
    def roles(self) -> list[Role]:
        """Those that have an input."""
        needs = self.model.card.needs
        return [role for role in self.operation.roles if not self.bare or role.required or role.name in needs]

    def windows(self) -> list[MemoryWindow]:
        parameters = check_parameters(self.operation, self.model.card, self.given)
        inputs = inputs_of(self.roles, self.plate)
        windows = windows_wanted(self.operation, self.model.card, inputs.keys(), parameters)
        return windows_of(inputs, self.operation.roles[0].name, parameters, windows, keyed_roles(self.operation))

    def run(self, steps: Recorder) -> list[Delivery]:
        return [delivery for window in self.windows() for delivery in self.operation.run(self.model, window, steps)]


def _running_faults(model: Model) -> Iterator[str]:
    operation = operations()[model.card.operation]
    for what, (count, data, display, channels, pixel_type) in SHAPES.items():
        plate = synthetic(count, data, display, channels, pixel_type)
        case = _Case(model, operation, plate, _needed(operation, plate))
        before = [digest_of(pixel_bytes(frame.pixels)) for frame in plate]
        try:
            delivered = case.run(Recorder())
        except Exception as error:
            yield f"On {what} it raised {type(error).__name__}: {error}"
            continue
        yield from (f"On {what}: {fault}" for fault in _delivery_faults(case, delivered))
        if before != [digest_of(pixel_bytes(frame.pixels)) for frame in plate]:
            yield f"On {what} it wrote to the plate's pixels."
    data, display = SHAPES["a small plate"][1:3]
    plate = synthetic(2, data, display)
    case = _Case(model, operation, plate, _needed(operation, plate))
    bare = replace(case, bare=True)
    if bare.roles != case.roles:
        yield from _bare_faults(bare)
    try:
        whole = Recorder()
        yield from _repetition_faults(case, whole)
        yield from _cancellation_faults(case, whole)
        yield from _range_faults(case, whole)
    except Exception as error:
        yield f"It raised {type(error).__name__} where it had run before: {error}"


def _bare_faults(case: _Case) -> Iterator[str]:
    """What the card does not say that it needs must not be missed."""
    try:
        delivered = case.run(Recorder())
    except Exception as error:
        yield f"Without the inputs that it does not say it needs it raised {type(error).__name__}: {error}"
        return
    yield from (
        f"Without the inputs that it does not say it needs: {fault}" for fault in _delivery_faults(case, delivered)
    )


def _needed(operation: Operation, plate: Sequence[Frame]) -> dict[str, Value]:
    """What must be given: an operation that is pointed at things has no useful default."""
    return {
        parameter.name: on_the_ball(plate)
        for parameter in operation.parameters
        if parameter.type is ParameterType.PROMPTS
    }


def _delivery_faults(case: _Case, delivered: Sequence[Delivery]) -> Iterator[str]:
    numbers = [frame.spec.number for frame in case.plate]
    outputs = {output.name: output for output in case.operation.outputs}
    parameters = check_parameters(case.operation, case.model.card, case.given)
    for name in outputs:
        given = [one.frame.spec.number for one in delivered if one.output == name]
        if given != numbers:
            yield f"the output {name} has frames {given} where {numbers} were due, in this order."
    for delivery in delivered:
        if delivery.output not in outputs:
            yield f"there is no output {delivery.output}."
            continue
        plate = next((one for one in case.plate if one.spec.number == delivery.frame.spec.number), None)
        if plate is not None:
            due = windows_due(case.operation, plate.spec, parameters)
            yield from _frame_faults(delivery.frame, plate, due, outputs[delivery.output])


def _frame_faults(frame: Frame, plate: Frame, due: FrameSpec, output: OutputPlate) -> Iterator[str]:
    """`due` has the windows that the output must have."""
    where = f"frame {frame.spec.number} of {output.name}"
    for kept in ("data_window", "display_window", "pixel_aspect", "view", "metadata"):
        if getattr(frame.spec, kept) != getattr(due, kept):
            yield f"{where} has another {kept.replace('_', ' ')} than {'the plate' if due == plate.spec else 'is due'}."
    if output.channels and frame.spec.channels != output.channels:
        yield f"{where} has channels {frame.spec.channels} where {output.channels} were due."
    if output.data != (frame.spec.colour_space == DATA):
        yield f"{where} is in the colour space {frame.spec.colour_space}."
    # Layers have names of their own: "dog.R".
    layered = all("." in name for name in frame.spec.channels)
    if not (output.data or output.channels or layered) and frame.spec.channels != plate.spec.channels:
        yield f"{where} has other channels than the plate."
    if not np.isfinite(frame.pixels).all():
        yield f"{where} has NaN or infinity."
    elif output.data and all(name == "A" or name.endswith(".A") for name in frame.spec.channels):
        low, high = float(frame.pixels.min()), float(frame.pixels.max())
        if low < 0 or high > 1:
            yield f"{where} goes from {low:g} to {high:g}, and a matte from 0 to 1."


def _repetition_faults(case: _Case, whole: Recorder) -> Iterator[str]:
    """`whole` hears the first of two runs, which share nothing."""
    first, second = case.run(whole), case.run(Recorder())
    for one, other in zip(first, second, strict=True):
        if digest_of(pixel_bytes(one.frame.pixels)) != digest_of(pixel_bytes(other.frame.pixels)):
            yield f"The same recipe gave other pixels in {one.output} of frame {one.frame.spec.number}."
            return


def _cancellation_faults(case: _Case, whole: Recorder) -> Iterator[str]:
    """Cancelled at calls of progress spread over a run."""
    if not whole.fractions:
        yield "It never says how far it is, so it cannot be cancelled."
        return
    if min(whole.fractions) < 0 or max(whole.fractions) > 1:
        yield "Its progress leaves 0 to 1."
    # What was kept saves time, unless it is there that the model can be cancelled.
    kept = {} if whole.told_computing else whole.kept
    for at in sorted({round(call) for call in np.linspace(0, len(whole.fractions) - 1, _CANCELLATIONS)}):
        steps = Recorder(cancel_at=at, kept=dict(kept))
        try:
            case.run(steps)
        except Cancelled:
            if steps.cancelled == 1:
                continue
        yield f"It went on though it was cancelled at call {at} of progress."


def _range_faults(case: _Case, whole: Recorder) -> Iterator[str]:
    """Every choice, and both ends of every range. Refusing a combination in a sentence is fine."""
    for parameter in (*case.operation.parameters, *case.model.card.parameters):
        for value in _extremes(parameter):
            tried = _Case(case.model, case.operation, case.plate[:1], {**case.given, parameter.name: value})
            try:
                delivered = tried.run(Recorder(kept=whole.kept))
            except BadRequest:
                continue
            except ReplateError as error:
                yield f'With "{parameter.name}" {value} it raised {type(error).__name__}: {error}'
                continue
            yield from (f'With "{parameter.name}" {value}: {fault}' for fault in _delivery_faults(tried, delivered))


def _extremes(parameter: Parameter) -> tuple[Value, ...]:
    if parameter.type is ParameterType.FLAG:
        return True, False
    if parameter.type is ParameterType.CHOICE:
        return parameter.choices
    ends = (parameter.minimum, parameter.maximum)
    if parameter.type is ParameterType.WHOLE:
        return tuple(int(end) for end in ends if end is not None)
    return tuple(end for end in ends if end is not None)
