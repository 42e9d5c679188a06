"""Which operations there are, and which models this installation has for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from replate_server.operations.cards import misfits
from replate_server.operations.contract import Card, Model, Operation
from replate_server.operations.depth.operation import Depth
from replate_server.operations.flow.operation import Flow
from replate_server.operations.identity.operation import Identity
from replate_server.operations.inpaint.operation import Inpaint
from replate_server.operations.layers.operation import TakeApart
from replate_server.operations.matte.operation import Matte
from replate_server.operations.move.operation import MoveCamera
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.operation import Restyle
from replate_server.operations.segment.operation import Segment
from replate_server.operations.synthesis.operation import Synthesize
from replate_server.operations.upscale.operation import Upscale

__all__ = ["broken_models", "check_parameters", "models", "operations"]

GROUP = "replate.models"
"""The entry-point group in which packages announce their models, by names "operation/model"."""


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Operation]:
    """The operations by name."""
    made: tuple[Operation, ...] = (
        Restyle(),
        Depth(),
        Segment(),
        Matte(),
        Inpaint(),
        Flow(),
        Upscale(),
        TakeApart(),
        MoveCamera(),
        Synthesize(),
        Identity(),
    )
    return MappingProxyType({operation.name: operation for operation in made})


def models() -> Mapping[str, type[Model]]:
    """The models by name, "restyle/adain". What is broken is left out."""
    return _discovered()[0]


def broken_models() -> Mapping[str, str]:
    """Announced models that cannot be used, by name: why, and what to do, in one sentence."""
    return _discovered()[1]


def forget() -> None:
    """Looks for models anew at the next question."""
    _discovered.cache_clear()


@lru_cache(maxsize=1)
def _discovered() -> tuple[Mapping[str, type[Model]], Mapping[str, str]]:
    found: dict[str, type[Model]] = {}
    broken: dict[str, str] = {}
    for entry in sorted(entry_points(group=GROUP), key=_order):
        try:
            model, fault = entry.load(), ""
        # A studio's module may raise anything at import, SystemExit included; the server goes on without it.
        except (Exception, SystemExit) as error:
            fault = f"importing {entry.value} raised {type(error).__name__}: {_line(error)}"
        else:
            fault = _fault(entry.name, model)
        if not fault and entry.name in found and found[entry.name] is not model:
            fault = f"another package has a model of that name ({found[entry.name].__module__})"
        if fault:
            broken[entry.name] = f"The model {entry.name} is left out: {fault}; mend or remove its package."
        else:
            found[entry.name] = model
    return MappingProxyType(found), MappingProxyType(broken)


def _order(entry: EntryPoint) -> tuple[str, bool, str]:
    """By name, and our own first: nobody takes their place by accident."""
    return entry.name, not entry.value.startswith("replate_server."), entry.value


def _fault(name: str, model: Any) -> str:
    card = getattr(model, "card", None)
    if not isinstance(card, Card):
        return "it has no card"
    if card.name != name:
        return f"its card calls it {card.name}"
    if card.operation not in operations():
        return f"there is no operation {card.operation}"
    misfit = next(misfits(operations()[card.operation], card), "")
    if misfit:
        return misfit
    return "" if callable(getattr(model, "load", None)) else "it has no load()"


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
