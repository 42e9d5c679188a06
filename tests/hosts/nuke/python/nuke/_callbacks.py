"""Callbacks: who wants to know of what, as in Nuke's own callbacks.py, and the knobs that hold Python for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import told

from nuke._session import run_python, session

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
    calls: list[tuple[str, Callable[[], object]]] = []
    own = node.knob(event)
    if own is not None and hasattr(own, "getText") and own.value().strip():
        where = f"{node.fullName()}.{event}"
        text = own.value()
        calls.append((where, lambda: run_python(text, where)))
    for kind in (node.Class(), "*"):
        for each in list(_listeners.get(event, {}).get(kind, ())):
            if each.node is None or each.node is node:
                calls.append((f"{event} of {node.fullName()}", lambda each=each: each.call(*each.args, **each.kwargs)))
    for where, call in calls:
        if node._gone():
            return
        try:
            with session.call(node):
                call()
        except Exception:
            if raising:
                raise
            told.exception(where)


def knob_changed(node: Node, knob: Knob) -> None:
    """knobChanged: nuke.execute is refused in it."""
    busy, session.busy = session.busy, True
    try:
        with session.call(node, knob):
            _knob_changed(node, knob)
    finally:
        session.busy = busy


def _knob_changed(node: Node, knob: Knob) -> None:
    own = node.knob("knobChanged")
    calls: list[Callable[[], object]] = []
    if own is not None and own.value().strip():
        calls.append(lambda: run_python(own.value(), f"{node.fullName()}.knobChanged"))
    for kind in (node.Class(), "*"):
        for each in list(_listeners.get("knobChanged", {}).get(kind, ())):
            if each.node is None or each.node is node:
                calls.append(lambda each=each: each.call(*each.args, **each.kwargs))
    for call in calls:
        if node._gone():
            return
        try:
            call()
        except Exception:
            told.exception(f"knobChanged of {node.fullName()}.{knob.name()}")


def _entry(call: Callable[..., Any], args: Any, kwargs: Any, node: Any) -> Listener:
    return Listener(call, args if isinstance(args, tuple) else (args,), dict(kwargs or {}), node)
