"""A script's nodes, evaluated at a frame and a view: each asks its inputs, and nothing is evaluated twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import nk

from engine.errors import Refused
from engine.image import Image
from engine.knobs import Knobs

_Result = Any
"""An `Image`; in the nodes of 3D what `engine.space` makes."""


@dataclass(frozen=True)
class Kind:
    """How the nodes of a class are evaluated."""

    evaluate: Callable[[Call], _Result]
    knows: tuple[str, ...]
    """The knobs it heeds; a script that sets others is refused."""
    through: bool
    """Disabled, it gives its first input."""


KINDS: dict[str, Kind] = {}


def evaluates(*kinds: str, knows: str = "", through: bool = True) -> Callable[[Any], Any]:
    """Registers a function for classes of nodes. `knows` lists the knobs it heeds."""

    def register(function: Callable[[Call], _Result]) -> Callable[[Call], _Result]:
        for kind in kinds:
            KINDS[kind] = Kind(function, tuple(knows.split()), through)
        return function

    return register


@dataclass(frozen=True)
class Call:
    """A node at a frame and a view, being evaluated."""

    graph: Graph
    node: nk.Node
    frame: float
    view: str

    @property
    def knobs(self) -> Knobs:
        return Knobs(self.node, self.graph.script, self.frame)

    @property
    def inputs(self) -> int:
        """How many there are, up to the last that is connected."""
        return len(self.node.inputs)

    def result(self, index: int, frame: float | None = None, view: str = "") -> _Result | None:
        """What an input gives, on the call's frame and view or on others; None where nothing is connected."""
        source = self.node.inputs[index] if index < len(self.node.inputs) else None
        if source is None:
            return None
        return self.graph.result(source, self.frame if frame is None else frame, view or self.view)

    def image(self, index: int = 0, frame: float | None = None) -> Image:
        """An input's picture; black in the script's format where nothing is connected."""
        found = self.result(index, frame)
        if found is None:
            return Image.black(self.knobs.format(""))
        if not isinstance(found, Image):
            raise Refused(f"{self.node.path} needs a picture at input {index}, and gets 3D")
        return found

    def refused(self, what: str) -> Refused:
        return Refused(f"{self.node.path} ({self.node.kind}): {what}")


@dataclass
class Graph:
    script: nk.Script
    _known: dict[tuple[int, float, str], _Result] = field(default_factory=dict)

    def call(self, path: str, frame: float, view: str) -> Call:
        """Raises `Refused` when the script has no such node."""
        try:
            return Call(self, self.script.node(path), frame, view)
        except nk.ScriptError as error:
            raise Refused(str(error)) from None

    def result(self, node: nk.Node, frame: float, view: str) -> _Result:
        key = (id(node), frame, view)
        if key not in self._known:
            self._known[key] = self._evaluated(Call(self, node, frame, view))
        return self._known[key]

    def forget(self) -> None:
        """Results belong to one request: files may change until the next."""
        self._known.clear()

    def _evaluated(self, call: Call) -> _Result:
        kind = KINDS.get(call.node.kind)
        if kind is None:
            raise call.refused("the stand-in does not evaluate nodes of this class")
        knobs = call.knobs
        if call.node.knobs.get("disable") and knobs.flag("disable"):
            return call.result(0) if kind.through and call.inputs else Image.black(knobs.format(""))
        knobs.known(kind.knows)
        return kind.evaluate(call)
