"""Names in expressions and in text, resolved: what `parent.focus.x` or `[value root.name]` gives where it stands.

Written once for the module that stands in for `nuke` and for the engine: either gives its nodes as `Scope`s.
"""

from __future__ import annotations

import os
import re
import tkinter
from typing import Protocol

import expressions


class Scope(Protocol):
    """A node, as expressions see it."""

    def parent(self) -> Scope | None:
        """The group it is in; None of the root."""

    def child(self, name: str) -> Scope | None:
        """A node in it, if it is a group."""

    def input(self, number: int) -> Scope | None: ...

    def has(self, knob: str) -> bool: ...

    def number(self, knob: str, field: str, frame: float) -> float:
        """A knob's value on a frame; `field` names or numbers a channel, "" is the one that is asking.

        Raises `ExpressionError` for a knob without numbers and for a field that it does not have.
        """

    def text(self, knob: str, frame: float) -> str:
        """A knob's value as `[value knob]` gives it."""


def number(expression: str, frame: float, scope: Scope, field: str = "") -> float:
    """An expression's value in a node's knob. `field`: the channel that it stands in.

    Raises `ExpressionError`, for a circle too.
    """

    def lookup(name: str, at: float) -> float:
        node, knob, asked = resolve(name, scope)
        return node.number(knob, asked or field, at)

    try:
        return expressions.evaluate(expression, frame, lookup)
    except RecursionError:
        raise expressions.ExpressionError(f"the expression {expression!r} comes back to itself") from None


def resolve(name: str, scope: Scope) -> tuple[Scope, str, str]:
    """A dotted name as the node, the knob and the channel that it means. Raises `ExpressionError`."""
    node: Scope | None = scope
    parts = name.split(".")
    for place, part in enumerate(parts):
        if node is None:
            break
        if node.has(part) and len(parts) - place <= 2:
            return node, part, parts[-1] if place < len(parts) - 1 else ""
        node = _step(node, part, first=place == 0)
    raise expressions.ExpressionError(f"{name} names nothing that is there")


def text(template: str, frame: float, scope: Scope) -> str:
    """Text with what stands in brackets done: `[value knob]`, `[getenv NAME]`, `[file dirname ...]`.

    Raises `ExpressionError` for other Tcl.
    """
    if "[" not in template and "\\" not in template:
        return template

    def value(name: str, *_: str) -> str:
        node, knob, field = resolve(name, scope)
        return f"{node.number(knob, field, frame):.10g}" if field else node.text(knob, frame)

    tcl = tkinter.Tcl()
    for command in tcl.splitlist(tcl.eval("info commands")):
        if command not in _TCL:
            tcl.eval(f"rename {{{command}}} {{}}")
    tcl.createcommand("value", value)
    tcl.createcommand("getenv", lambda key, default="": os.environ.get(key, default))
    tcl.createcommand("frame", lambda: f"{frame:.10g}")
    try:
        return str(tcl.call("subst", "-novariables", template))
    except (tkinter.TclError, expressions.ExpressionError) as error:
        raise expressions.ExpressionError(f"{template!r} is more Tcl than the stand-in does: {error}") from None


def file(pattern: str, frame: float, view: str) -> str:
    """A file's name on a frame, in a view: %04d and #### are the number, %V the view's name, %v its first letter."""
    number_ = int(frame // 1)
    named = pattern.replace("%V", view).replace("%v", view[:1])
    named = re.sub(r"%0?(\d*)d", lambda found: f"{number_:0{int(found[1] or 1)}d}", named)
    return re.sub(r"#+", lambda found: f"{number_:0{len(found[0])}d}", named)


_TCL = frozenset(
    {"rename", "subst", "file", "string", "expr", "if", "set", "lindex", "split", "join", "format", "regsub", "concat"}
)
"""Commands of Tcl that text in a knob may use."""


def _step(node: Scope, part: str, first: bool) -> Scope | None:
    """From a node to the one that the next part of a name means.

    The first word is searched upwards: in the node if it is a group, in the group that it is in, on up to the root
    (Nuke's documentation of `nuke.knob`).
    """
    if part == "this":
        return node
    if part == "parent":
        return node.parent()
    if part == "root":
        while (above := node.parent()) is not None:
            node = above
        return node
    found = re.fullmatch(r"input(\d*)", part)
    if found:
        return node.input(int(found[1] or 0))
    inside = node.child(part)
    above = node.parent()
    return _step(above, part, first) if inside is None and first and above is not None else inside
