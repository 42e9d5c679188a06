"""Callbacks: who wants to know of what, as in Nuke's own callbacks.py, and the knobs that hold Python for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import told

from nuke._session import run_python, session
from nuke._texts import String_Knob

if TYPE_CHECKING:
    from nuke._knobs import Knob
    from nuke._nodes import Node


class Listener(NamedTuple):
    call: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    node: Any


_listeners: dict[str, dict[str, list[Listener]]] = {}


def pair(event: str, default: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """An event's `add...` and `remove...`; `default` is the class of nodes that it is for unless told."""

    def add(
        call: Callable[..., Any], args: Any = (), kwargs: Any = None, nodeClass: str = default, node: Any = None
    ) -> None:
        if not callable(call):
            raise ValueError("call must be a callable")
        entry = _entry(call, args, kwargs, node)
        here = _listeners.setdefault(event, {}).setdefault(nodeClass, [])
        if entry in here:
            here.remove(entry)
        here.append(entry)

    def remove(
        call: Callable[..., Any], args: Any = (), kwargs: Any = None, nodeClass: str = default, node: Any = None
    ) -> None:
        here = _listeners.get(event, {}).get(nodeClass, [])
        entry = _entry(call, args, kwargs, node)
        if entry in here:
            here.remove(entry)

    return add, remove


def fire(event: str, node: Node, raising: bool = False) -> None:
    """Runs the node's own knob of that name, then the listeners of its class, then those of every class.

    What one raises is printed, and the next runs; with `raising` it comes out: what a render's callback raises ends it.
    """
    for call in _calls(event, node):
        if node._gone():
            return
        try:
            with session.call(node):
                call()
        except Exception:
            if raising:
                raise
            told.exception(f"{event} of {node.fullName()}")


def knob_changed(node: Node, knob: Knob) -> None:
    """knobChanged: nuke.execute is refused in it."""
    busy, session.busy = session.busy, True
    try:
        for call in _calls("knobChanged", node):
            if node._gone():
                return
            try:
                with session.call(node, knob):
                    call()
            except Exception:
                told.exception(f"knobChanged of {node.fullName()}.{knob.name()}")
    finally:
        session.busy = busy


def _calls(event: str, node: Node) -> list[Callable[[], object]]:
    """The Python in the node's own knob, then what listens to its class, then what listens to all."""
    own = node.knob(event)
    text = own.value() if isinstance(own, String_Knob) else ""
    calls: list[Callable[[], object]] = []
    if text.strip():
        calls.append(partial(run_python, text, f"{node.fullName()}.{event}"))
    for kind in (node.Class(), "*"):
        for each in _listeners.get(event, {}).get(kind, ()):
            if each.node is None or each.node is node:
                calls.append(partial(each.call, *each.args, **each.kwargs))
    return calls


def _entry(call: Callable[..., Any], args: Any, kwargs: Any, node: Any) -> Listener:
    return Listener(call, args if isinstance(args, tuple) else (args,), dict(kwargs or {}), node)
