"""Nodes of this session as expressions see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import evaluation
import facts
from expressions import ExpressionError

if TYPE_CHECKING:
    from nuke._nodes import Node


class Seen:
    """A node, as `evaluation.Scope`."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def parent(self) -> Seen | None:
        return None if self.node._group is None else Seen(self.node._group)

    def child(self, name: str) -> Seen | None:
        found = next((each for each in getattr(self.node, "_nodes", ()) if each.name() == name), None)
        return None if found is None else Seen(found)

    def input(self, number: int) -> Seen | None:
        found = self.node.input(number)
        return None if found is None else Seen(found)

    def has(self, knob: str) -> bool:
        return self.node.knob(knob) is not None

    def number(self, knob: str, field: str, frame: float) -> float:
        found: Any = self.node.knob(knob)
        if found.Class() == "Link_Knob":
            found = found.getLinkedKnob()
        if not hasattr(found, "_at"):
            raise ExpressionError(f"{found.fullyQualifiedName()} has no number")
        return float(found._at(frame, channel(found.Class(), field, found._width)))

    def text(self, knob: str, frame: float) -> str:
        found: Any = self.node.knob(knob)
        value = found.evaluate() if hasattr(found, "evaluate") else found.value()
        return f"{value:.10g}" if isinstance(value, float) else str(value)


def channel(kind: str, field: str, width: int) -> int:
    """Which of a knob's channels a field is. Raises `ExpressionError`."""
    names = facts.FIELDS.get(kind, "")
    place = int(field) if field.isdigit() else names.find(field) if len(field) == 1 else -1
    if not field or (width == 1 and place < 0 and field in "xyzwhrgbat"):
        return 0
    if not 0 <= place < width:
        raise ExpressionError(f"a {kind} has no {field}")
    return place


def text(template: str, frame: float, node: Node) -> str:
    return evaluation.text(template, frame, Seen(node))


def number(expression: str, frame: float, node: Node, field: str) -> float:
    return evaluation.number(expression, frame, Seen(node), field)


def knob(path: str, node: Node) -> Any:
    """A knob by its dotted name as that node sees it, or None."""
    try:
        found, name, _ = evaluation.resolve(path, Seen(node))
    except ExpressionError:
        return None
    assert isinstance(found, Seen)
    return found.node.knob(name)


file = evaluation.file
