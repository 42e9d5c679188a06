"""What a node's result is varied by: seeds, or values of a parameter over its range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from replate_host.catalog import Parameter
from replate_host.versions import Version

SEED = "Seed"


def items(parameters: Sequence[Parameter]) -> list[str]:
    """The lines of the menu of what can be varied."""
    return [SEED, *(parameter.label for parameter in parameters if _can_vary(parameter))]


def changes(parameters: Sequence[Parameter], item: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Each variation as what it changes: {"seed": 3}, or {"strength": 0.25}."""
    varied = next((each for each in parameters if _can_vary(each) and each.label == item), None)
    if varied is None:
        return [{"seed": seed + step} for step in range(count)]
    return [{varied.name: value} for value in _values(varied, count)]


def differences(versions: Sequence[Version], known: Sequence[str] = ()) -> list[str]:
    """What tells versions from each other, a line each: "seed 3", "strength 0.25"; but not what is `known`."""
    settings = [{"seed": version.seed, **version.parameters} for version in versions]
    names = [name for name in dict.fromkeys(name for each in settings for name in each) if _differs(name, settings)]
    return [_said(each, [name for name in names if name not in known]) for each in settings]


def _can_vary(parameter: Parameter) -> bool:
    if parameter.type in ("flag", "choice"):
        return True
    return parameter.type in ("whole", "real") and None not in (parameter.minimum, parameter.maximum)


def _values(parameter: Parameter, count: int) -> list[Any]:
    """From one end of the range to the other, in even steps; of a choice, all there are."""
    if parameter.type == "flag":
        return [False, True]
    if parameter.type == "choice":
        return list(parameter.choices)
    low, high = float(parameter.minimum or 0), float(parameter.maximum or 0)
    steps = [low + (high - low) * step / (count - 1) for step in range(count)]
    return list(dict.fromkeys(map(round, steps))) if parameter.type == "whole" else [round(each, 4) for each in steps]


def _differs(name: str, settings: Sequence[dict[str, Any]]) -> bool:
    return any(each.get(name) != settings[0].get(name) for each in settings)


def _said(setting: dict[str, Any], names: Sequence[str]) -> str:
    # Of points and boxes only the viewer can say where they are.
    plain = [name for name in names if not isinstance(setting.get(name), (list, type(None)))]
    return ", ".join(f"{name} {_short(setting[name])}" for name in plain)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
