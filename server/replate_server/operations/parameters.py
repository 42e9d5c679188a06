"""Parameter values held against what the catalog says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any

from replate.errors import BadRequest
from replate.values import Parameter, ParameterType, Point, Prompt, Region, Value
from replate_server.operations.contract import Card, Operation

MOST_PROMPTS = 1000
MOST_CHARACTERS = 10_000
_MOST_WHOLE = 1 << 53
"""Beyond this a whole number does not survive JSON."""

_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def check_parameters(operation: Operation, card: Card, given: Mapping[str, Value]) -> dict[str, Value]:
    """The operation's and the model's parameters by name: those given, checked, and defaults for the others.

    Raises `BadRequest` for a name that neither takes, a value of the wrong type or out of range, a choice there is
    not, and values that make no sense together.
    """
    known = {parameter.name: parameter for parameter in (*operation.parameters, *card.parameters)}
    for name in given:
        if name not in known:
            raise BadRequest(f'The model {card.name} has no parameter "{name[:60]}"; {_hint(name, known)}')
    values = {
        name: check_value(parameter, given[name]) if name in given else parameter.default
        for name, parameter in known.items()
    }
    operation.check(values)
    return values


def check_value(parameter: Parameter, value: Any) -> Value:
    """A value for one parameter: a whole number becomes a float where it is REAL. Raises `BadRequest`."""
    if parameter.type is ParameterType.FLAG:
        return _flag(parameter, value)
    if parameter.type in (ParameterType.WHOLE, ParameterType.REAL):
        return _number(parameter, value)
    if parameter.type is ParameterType.PROMPTS:
        return _prompts(parameter, value)
    return _text(parameter, value)


def _hint(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f'perhaps "{close[0]}" is meant.'
    return f"it takes {', '.join(known)}." if known else "it takes none."


def _flag(parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(parameter, value, "true or false")
    return value


def _number(parameter: Parameter, value: Any) -> int | float:
    whole = parameter.type is ParameterType.WHOLE
    # bool is an int to Python, and never meant as one here.
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise _wrong(parameter, value, "a whole number" if whole else "a number")
    least, most = parameter.minimum, parameter.maximum
    beyond = isinstance(value, int) and abs(value) > _MOST_WHOLE
    if beyond or not isfinite(value):
        raise BadRequest(f'The parameter "{parameter.name}" is {value}; give a number {_range(least, most)}.')
    if (least is not None and value < least) or (most is not None and value > most):
        raise BadRequest(f'The parameter "{parameter.name}" is {value}; give a number {_range(least, most)}.')
    return value if whole else float(value)


def _range(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"from {least:g} to {most:g}"
    if least is not None:
        return f"of at least {least:g}"
    return f"of at most {most:g}" if most is not None else "that is finite"


def _text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(parameter, value, "a text")
    if len(value) > MOST_CHARACTERS:
        raise BadRequest(
            f'The parameter "{parameter.name}" has {len(value)} characters; shorten it to at most {MOST_CHARACTERS}.'
        )
    if parameter.type is ParameterType.CHOICE and value not in parameter.choices:
        raise BadRequest(
            f'The parameter "{parameter.name}" has no choice "{value[:40]}"; take {_either(parameter.choices)}.'
        )
    return value


def _prompts(parameter: Parameter, value: Any) -> tuple[Prompt, ...]:
    if not isinstance(value, (tuple, list)) or not all(isinstance(one, (Point, Region)) for one in value):
        raise _wrong(parameter, value, "points and regions")
    if len(value) > MOST_PROMPTS:
        raise BadRequest(f'The parameter "{parameter.name}" has {len(value)} prompts; give at most {MOST_PROMPTS}.')
    for prompt in value:
        if not _OBJECT.fullmatch(prompt.object):
            raise BadRequest(
                f'A prompt is for "{prompt.object[:70]}", which cannot name an object; '
                "use a letter and then letters, digits and underscores, at most 64."
            )
        shape = (prompt.x, prompt.y) if isinstance(prompt, Point) else _corners(prompt)
        if not all(isfinite(number) for number in shape):
            raise BadRequest(
                f'A prompt for "{prompt.object}" on frame {prompt.frame} has no place; give finite pixels.'
            )
        if isinstance(prompt, Region) and (prompt.width <= 0 or prompt.height <= 0):
            raise BadRequest(
                f'The region for "{prompt.object}" on frame {prompt.frame} is empty; '
                "give it a width and a height above 0."
            )
    return tuple(value)


def _corners(region: Region) -> tuple[float, ...]:
    return region.x, region.y, region.width, region.height


def _either(choices: tuple[str, ...]) -> str:
    quoted = [f'"{choice}"' for choice in choices]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _wrong(parameter: Parameter, value: Any, wanted: str) -> BadRequest:
    said = f'"{value[:40]}"' if isinstance(value, str) else type(value).__name__
    if isinstance(value, (int, float)):
        said = str(value)
    return BadRequest(f'The parameter "{parameter.name}" is {said}; give {wanted}.')
