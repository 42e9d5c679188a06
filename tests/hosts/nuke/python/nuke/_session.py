"""The state of the one Nuke session that this process is."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

if TYPE_CHECKING:
    from nuke._groups import Group, Root
    from nuke._knobs import Knob
    from nuke._nodes import Node

F = TypeVar("F", bound=Callable[..., Any])

LAYERS: dict[str, tuple[str, ...]] = {
    "rgb": ("rgba.red", "rgba.green", "rgba.blue"),
    "rgba": ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"),
    "alpha": ("rgba.alpha",),
    "depth": ("depth.Z",),
    "motion": ("forward.u", "forward.v", "backward.u", "backward.v"),
    "forward": ("forward.u", "forward.v"),
    "backward": ("backward.u", "backward.v"),
    "mask": ("mask.a",),
    "rotopaint_mask": ("rotopaint_mask.a",),
    "disparity": ("disparityL.x", "disparityL.y", "disparityR.x", "disparityR.y"),
    "disparityL": ("disparityL.x", "disparityL.y"),
    "disparityR": ("disparityR.x", "disparityR.y"),
    "deep": ("deep.front", "deep.back"),
}
"""What every script has."""


@dataclass
class Call:
    """A callback or a button that runs: whose."""

    node: Node
    knob: Knob | None = None
    told: bool = True
    """Whether it is promised which knob that is: to knobChanged, and not to a button's Python."""


@dataclass
class Session:
    main: int = field(default_factory=threading.get_ident)
    gui: bool = False
    arguments: list[str] = field(default_factory=list)
    root: Root = None  # type: ignore[assignment]  # made when the module is whole
    layers: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(LAYERS))
    hit: Group | None = None
    """The group whose graph the artist worked in last."""
    begun: list[Group] = field(default_factory=list)
    """Groups that were begun and not ended."""
    calls: list[Call] = field(default_factory=list)
    busy: bool = False
    """Nuke executes: another execute is refused."""
    frame: float | None = None
    """The one that is being rendered."""
    view: str = "main"
    quiet: int = 0
    """Above 0 nobody is told of a change: a script is being read."""
    current: float = 1.0
    """Where the viewer stands."""
    loading: list[Path] = field(default_factory=list)
    """Folders whose init.py or menu.py runs."""
    paths: list[str] = field(default_factory=list)

    def group(self) -> Group:
        """Where nodes are made and found."""
        if self.begun:
            return self.begun[-1]
        return self.root

    def at(self) -> float:
        """The frame that values are asked for."""
        return self.current if self.frame is None else self.frame

    @contextmanager
    def silence(self) -> Iterator[None]:
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    @contextmanager
    def call(self, node: Node, knob: Knob | None = None, told: bool = True) -> Iterator[None]:
        """The context that a node's callback runs in: what it begins and does not end is ended after it."""
        self.calls.append(Call(node, knob, told))
        begun = list(self.begun)
        self.begun = [*begun, node._context()]
        try:
            yield
        finally:
            self.calls.pop()
            self.begun = begun


session = Session()


class MainThread:
    """What only Nuke's main thread may touch, and only while its node is there."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("__") and threading.get_ident() != session.main:
            return _elsewhere(self, name)
        if not name.startswith("_") and object.__getattribute__(self, "_gone")():
            raise ValueError("A PythonObject is not attached to a node")
        return object.__getattribute__(self, name)

    def _gone(self) -> bool:
        return False


def _elsewhere(thing: Any, name: str) -> Any:
    """What another thread gets: methods, to hand them to the main thread; a call of one raises."""
    found = object.__getattribute__(thing, name)
    refusal = f"{type(thing).__name__}.{name} off the main thread: nuke.executeInMainThread is how another gets at it"
    if not callable(found):
        raise RuntimeError(refusal)

    def later(*arguments: Any, **named: Any) -> Any:
        if threading.get_ident() != session.main:
            raise RuntimeError(refusal)
        return getattr(thing, name)(*arguments, **named)

    return later


def main_thread(function: F) -> F:
    """A function of the module that only the main thread may call."""

    @wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if threading.get_ident() != session.main:
            raise RuntimeError(f"nuke.{function.__name__} off the main thread: use nuke.executeInMainThread")
        return function(*arguments, **named)

    return cast(F, guarded)


def run_python(text: str, where: str) -> None:
    """A script in a knob or a menu, in the namespace that Nuke's script editor has."""
    main = sys.modules["__main__"].__dict__
    main.setdefault("nuke", sys.modules["nuke"])
    exec(compile(text, where, "exec"), main)


def environment(name: str, default: str = "") -> str:
    return os.environ.get(name, default)
