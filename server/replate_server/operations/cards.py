"""Whether a model's card fits its operation."""

from __future__ import annotations

from collections.abc import Iterator

from replate.errors import BadRequest
from replate.values import ParameterType
from replate_host.wording import fields
from replate_server.operations.contract import Card, Operation
from replate_server.operations.parameters import check_parameters


def misfits(operation: Operation, card: Card) -> Iterator[str]:
    """What of a card does not fit, a clause each: "its preset bold is refused (...)"."""
    taken = {parameter.name for parameter in operation.parameters}
    for parameter in card.parameters:
        if parameter.name in taken:
            yield f"its parameter {parameter.name} has the name of one of the operation's"
    roles = {role.name for role in operation.roles}
    for role in card.needs:
        if role not in roles:
            yield f"it needs {role}, which is no input of {operation.name}"
    texts = {each.name for each in (*operation.parameters, *card.parameters) if each.type is ParameterType.TEXT}
    for name in dict.fromkeys(name for sentence in card.wording for name in fields(sentence)):
        if name not in texts:
            yield f"its wording names {name}, which is no text parameter of it or of {operation.name}"
    for preset in card.presets:
        try:
            check_parameters(operation, card, preset.values)
        except BadRequest as error:
            yield f"its preset {preset.name} is refused ({str(error).rstrip('.')})"
    if len({preset.name for preset in card.presets}) < len(card.presets):
        yield "two of its presets have the same name"
