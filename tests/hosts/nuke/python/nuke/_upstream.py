"""What a node hangs on: through expressions, and as a digest of all that makes its pixels."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import evaluation
import expressions

from nuke._arrays import Array_Knob
from nuke._evaluate import Seen
from nuke._panel import Link_Knob

if TYPE_CHECKING:
    from nuke._knobs import Knob
    from nuke._nodes import Node

_UNSEEN = ("xpos", "ypos", "selected", "name", "label", "tile_color", "note_font", "note_font_size", "gl_color")
"""Knobs that change no pixel."""


def digest(node: Node) -> int:
    """A number that changes with whatever changes a pixel, upstream too."""
    return int.from_bytes(hashlib.blake2b(_recipe(node).encode(), digest_size=8).digest(), "big")


def named_in_expressions(node: Node) -> list[Node]:
    """Other nodes whose knobs its expressions and links name."""
    found: list[Node] = []
    for knob in _knobs(node):
        for name in _names(knob):
            try:
                scope, _, _ = evaluation.resolve(name, Seen(node))
            except expressions.ExpressionError:
                continue
            assert isinstance(scope, Seen)
            if scope.node is not node:
                found.append(scope.node)
    return found


def _names(knob: Knob) -> list[str]:
    if isinstance(knob, Array_Knob):
        return [name for each in knob._value for name in re.findall(r"[A-Za-z_]\w*(?:\.\w+)+", each.expression)]
    return [knob.getLink()] if isinstance(knob, Link_Knob) else []


def _recipe(node: Node) -> str:
    """All that its pixels hang on, as text."""
    knobs = [
        f"{knob.name()}={knob._text()}@{knob.array() if isinstance(knob, Array_Knob) else ''}"
        for knob in _knobs(node)
        if knob.name() not in _UNSEEN and knob._written()
    ]
    above = [_recipe(each) if each is not None else "-" for each in node._inputs]
    inside = next((each for each in getattr(node, "_nodes", ()) if each.Class() == "Output"), None)
    within = _recipe(inside) if inside is not None else ""
    return f"{node.Class()}({' '.join(sorted(knobs))} {node._reloads})[{';'.join(above)}]{{{within}}}"


def _knobs(node: Node) -> list[Knob]:
    return [*node._made.values(), *node._own.values()]
