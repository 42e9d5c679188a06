"""What a model's card must say, checked without running the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from replate.errors import BadRequest
from replate.values import Parameter, ParameterType
from replate_server.operations.cards import misfits
from replate_server.operations.contract import Card
from replate_server.operations.parameters import check_value
from replate_server.operations.registry import operations
from replate_server.operations.restyle.presets import PRESETS

_NAME = re.compile(r"[a-z][a-z0-9-]*/[a-z0-9][a-z0-9.-]*")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")
_SPDX = re.compile(r"(LicenseRef-)?[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
_PRESETS: Mapping[str, tuple[str, ...]] = {"restyle": tuple(preset.name for preset in PRESETS)}
"""By operation: presets that an artist finds in each of its models."""


def card_faults(card: Any) -> Iterator[str]:
    """A sentence each."""
    if not isinstance(card, Card):
        yield "It has no class attribute `card` of type Card."
        return
    if not _NAME.fullmatch(card.name):
        yield f'Its name "{card.name}" is not "operation/model" in lower case.'
    elif card.operation not in operations():
        yield f"There is no operation {card.operation}; there are {', '.join(operations())}."
    for text in ("label", "tooltip", "revision"):
        if not getattr(card, text).strip():
            yield f"Its card has no {text}."
    if not _SPDX.fullmatch(card.licence):
        yield f'Its licence "{card.licence}" is no SPDX identifier; for one of your own use LicenseRef-NAME.'
    windows, sizes = card.windows, card.sizes
    if (windows.length is not None and windows.length < 1) or windows.before < 0 or windows.after < 0:
        yield "Its windows must deliver at least one frame, and have no negative context."
    if sizes.multiple < 1 or sizes.minimum < 1 or sizes.overlap < 0:
        yield "Its sizes must have a multiple and a minimum of at least 1, and no negative overlap."
    elif sizes.most_pixels is not None:
        least = max(sizes.multiple, sizes.minimum)
        if sizes.most_pixels < least**2:
            yield f"Its most_pixels is below the {least**2} of its smallest picture."
        if sizes.most_pixels < (2 * sizes.overlap) ** 2:
            yield "Its tiles overlap by more than half their side."
    if card.memory_bytes < 1:
        yield "Its memory_bytes says nothing."
    if len({parameter.name for parameter in card.parameters}) < len(card.parameters):
        yield "Two of its parameters have the same name."
    for parameter in card.parameters:
        yield from _parameter_faults(parameter)
    if card.operation in operations():
        for misfit in misfits(operations()[card.operation], card):
            yield f"{misfit[0].upper()}{misfit[1:]}."
    for name in _PRESETS.get(card.operation, ()):
        if name not in {preset.name for preset in card.presets}:
            yield f'It has no preset "{name}", which every model of {card.operation} has.'
    for preset in card.presets:
        if not preset.label.strip() or not preset.tooltip.strip():
            yield f'The preset "{preset.name}" has no label or no tooltip.'


def _parameter_faults(parameter: Parameter) -> Iterator[str]:
    if not _PARAMETER.fullmatch(parameter.name):
        yield f'The parameter name "{parameter.name}" is not lower case with underscores.'
    if not parameter.label.strip() or not parameter.tooltip.strip():
        yield f'The parameter "{parameter.name}" has no label or no tooltip.'
    if (parameter.type is ParameterType.CHOICE) != bool(parameter.choices):
        yield f'The parameter "{parameter.name}" must have choices if it is a CHOICE, and only then.'
    try:
        check_value(parameter, parameter.default)
    except BadRequest as error:
        yield f'The default of "{parameter.name}" is refused: {error}'
