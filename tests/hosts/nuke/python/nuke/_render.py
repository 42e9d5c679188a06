"""Execute: a Write's frames, one after the other, with the callbacks around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nuke import _callbacks
from nuke import _engine as engine
from nuke._groups import Group
from nuke._nodes import Node
from nuke._ranges import FrameRange, FrameRanges
from nuke._session import main_thread, session

WRITERS = ("Write",)


@main_thread
def execute(
    nameOrNode: Any,
    start: Any = None,
    end: int | None = None,
    incr: int = 1,
    views: Sequence[str] | None = None,
    continueOnError: bool = False,
) -> None:
    """Renders a Write, or the Writes of a Group. Raises `RuntimeError`: also when Nuke executes already."""
    node = _node(nameOrNode)
    frames = _frames(start, end, incr)
    if session.busy:
        raise RuntimeError("I'm already executing something else")
    writes = [node] if node.Class() in WRITERS else _writes(node)
    if not writes:
        raise RuntimeError(f"{node.fullName()}: there is nothing to execute: it is no Write")
    session.busy = True
    try:
        for write in sorted(writes, key=lambda each: float(each["render_order"].value())):
            _execute(write, frames, list(views) if views else _views(write), continueOnError)
    finally:
        session.busy = False
        session.frame = None
        session.view = "main"


render = execute


@main_thread
def executeMultiple(
    nodes: Sequence[Node],
    ranges: Sequence[Sequence[int]] = (),
    views: Sequence[str] | None = None,
    continueOnError: bool = False,
) -> None:
    """Each range of frames is (first, last, increment)."""
    for node in sorted(nodes, key=lambda each: float(each["render_order"].value())):
        for first, last, step in ranges or [(session.root.firstFrame(), session.root.lastFrame(), 1)]:
            execute(node, first, last, step, views, continueOnError)


@main_thread
def executing(f: float | None = None) -> bool:
    return session.busy if f is None else session.busy and session.frame == f


def _execute(write: Node, frames: Sequence[int], views: Sequence[str], go_on: bool) -> None:
    """All views of a frame before the next frame."""
    if write["disable"].value():
        raise RuntimeError(f"{write.fullName()} is disabled")
    failure: RuntimeError | None = None
    _callbacks.fire("beforeRender", write, raising=True)
    for frame in frames:
        session.frame = float(frame)
        for view in views:
            session.view = view
            try:
                _callbacks.fire("beforeFrameRender", write, raising=True)
                engine.render(write, frame, view)
                _callbacks.fire("afterFrameRender", write, raising=True)
            except RuntimeError as error:
                failure = RuntimeError(f"{write.fullName()}: {error}")
                if not go_on:
                    raise failure from None
    _callbacks.fire("afterRender", write, raising=True)
    if failure is not None:
        raise failure


def _node(told: Any) -> Node:
    if isinstance(told, Node):
        return told
    found = session.root.node(str(told).replace("root.", "", 1)) if isinstance(told, str) else None
    if found is None:
        raise ValueError(f"nuke.execute: there is no node {told!r}")
    return found


def _frames(start: Any, end: int | None, incr: int) -> list[int]:
    if isinstance(start, (FrameRange, FrameRanges)):
        return FrameRanges(start).toFrameList() if isinstance(start, FrameRange) else start.toFrameList()
    first = session.root.firstFrame() if start is None else int(start)
    last = (session.root.lastFrame() if start is None else first) if end is None else int(end)
    return list(range(first, last + 1, int(incr)))


def _writes(node: Node) -> list[Node]:
    if not isinstance(node, Group):
        return []
    return [each for each in node._walk() if each.Class() in WRITERS and not each["disable"].value()]


def _views(write: Node) -> list[str]:
    return str(write["views"].value()).split()
