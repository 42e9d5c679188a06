"""Which LoRA files a job names: "film-grain:0.8, noir"."""

from __future__ import annotations

import math
from collections.abc import Mapping

from replate.errors import BadRequest
from replate.values import ParameterType, Value
from replate_server.operations.contract import Card

PARAMETER = "loras"
"""The text parameter of a model that wears such files."""

_MOST = 8
_STRONGEST = 4.0
_LONGEST_NAME = 120


def loras_of(card: Card, parameters: Mapping[str, Value]) -> tuple[tuple[str, float], ...]:
    """The files that a job's parameters name, with their strengths; none for a model that wears none.

    Raises as `named`.
    """
    worn = any(one.name == PARAMETER and one.type is ParameterType.TEXT for one in card.parameters)
    return named(str(parameters.get(PARAMETER, ""))) if worn else ()


def named(text: str) -> tuple[tuple[str, float], ...]:
    """Names and strengths out of a text, in its order; the strength is 1 where none is written.

    Raises `BadRequest`.
    """
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, said = part, "1"
        if ":" in part:
            name, _, said = (piece.strip() for piece in part.rpartition(":"))
        if not name or len(name) > _LONGEST_NAME:
            raise BadRequest(f'"{part[:60]}" names no LoRA: write names and strengths, as in "film-grain:0.8, noir".')
        if name in found:
            raise BadRequest(f"The LoRA {name} is named twice: name it once.")
        found[name] = _strength(name, said)
    if len(found) > _MOST:
        raise BadRequest(f"{len(found)} LoRA files are named where {_MOST} can be worn at once: name fewer.")
    return tuple(found.items())


def _strength(name: str, said: str) -> float:
    try:
        strength = float(said)
    except ValueError:
        strength = math.nan
    if not abs(strength) <= _STRONGEST:
        raise BadRequest(
            f'The strength "{said[:20]}" of the LoRA {name} is no number from {-_STRONGEST:g} to {_STRONGEST:g}: '
            'write one, as in "film-grain:0.8".'
        )
    return strength
