"""Nuke's nodes and knobs as plain data. Values are words of a script: what Tcl hands to a knob, and it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

Value = Union[str, bool, float, Sequence[Union[str, float]]]
"""Text, a switch, a number, or numbers and expressions side by side."""


@dataclass(frozen=True)
class Control:
    """A knob that is added to a node."""

    kind: str
    """Its class in Nuke's Python: "Double_Knob" and so on."""
    name: str
    label: str = ""
    value: str = ""
    """A word of a script; of a button its Python."""
    tooltip: str = ""
    range: tuple[float, float] | None = None
    """Of the slider; more may be typed."""
    choices: tuple[str, ...] = ()
    same_line: bool = False
    """Stands beside the knob before it."""
    hidden: bool = False


@dataclass(frozen=True)
class Node:
    kind: str
    name: str
    knobs: Mapping[str, str]
    """Words of a script, by knob, in the order in which they are to be set."""
    inputs: tuple[str, ...] = ()
    """Names of nodes beside it."""
    controls: tuple[Control, ...] = ()
    place: tuple[int, int] = field(default=(0, 0))
    """In the graph, right and down."""
    prim: str = ""
    """Of a USD file, what is to be read: of what is not chosen, Nuke reads nothing."""


def word(value: Value) -> str:
    """A value as a word of a script."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:.9g}"
    if isinstance(value, str):
        return value
    return " ".join(map(word, value))


def expression(text: str) -> str:
    """An expression as a word, alone or among numbers."""
    return "{" + (text if re.fullmatch(r"\S+", text) else f'"{text}"') + "}"


def file(path: str) -> str:
    """A path as a word: a file's knob takes what stands in brackets for an expression."""
    return re.sub(r"([][])", r"\\\1", path.replace("\\", "/"))
