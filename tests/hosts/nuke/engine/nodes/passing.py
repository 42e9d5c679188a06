"""Nodes that hand on what they get: as it is, from one of several inputs, or from another time; and groups."""

from __future__ import annotations

from typing import Any

import nk

from engine.graph import Call, evaluates
from engine.image import Image


@evaluates("Dot", "NoOp", "Output", "Viewer", "PostageStamp", knows="")
def passed(call: Call) -> Any:
    found = call.result(0)
    return call.image(0) if found is None else found


@evaluates("Switch", knows="which")
def switch(call: Call) -> Any:
    """Beyond the inputs, the first or the last."""
    which = min(max(int(call.knobs.number("which")), 0), max(call.inputs - 1, 0))
    found = call.result(which)
    return call.image(which) if found is None else found


@evaluates("FrameHold", knows="firstFrame increment")
def frame_hold(call: Call) -> Any:
    first, step = call.knobs.integer("firstFrame"), call.knobs.integer("increment")
    frame = first if step <= 0 else first + (call.frame - first) // step * step
    return call.result(0, frame) if call.inputs else call.image(0)


@evaluates("TimeOffset", knows="time_offset")
def time_offset(call: Call) -> Any:
    """A positive offset has everything come later."""
    frame = call.frame - call.knobs.number("time_offset")
    return call.result(0, frame) if call.inputs else call.image(0)


@evaluates("JoinViews", knows="viewassoc")
def join_views(call: Call) -> Any:
    """An input a view: those that it names, else the script's, in their order."""
    named = call.node.knobs.get("viewassoc") or call.graph.script.root.knobs.get("views", "main")
    views = [word for word in named.split() if not word.startswith("#")]
    if call.view not in views:
        raise call.refused(f"the script has no view {call.view}")
    found = call.result(views.index(call.view))
    return call.image(views.index(call.view)) if found is None else found


@evaluates("OneView", knows="view")
def one_view(call: Call) -> Any:
    found = call.result(0, view=call.knobs.text("view"))
    return call.image(0) if found is None else found


@evaluates("Group", knows="")
def group(call: Call) -> Any:
    found = _output(call.node)
    if found is None:
        raise call.refused("the group has no Output")
    return call.graph.result(found, call.frame, call.view)


@evaluates("Input", knows="number", through=False)
def group_input(call: Call) -> Any:
    """What the group around it is connected to."""
    around = call.node.parent
    if around is None or around.parent is None:
        raise call.refused("an Input stands in no group")
    outer = Call(call.graph, around, call.frame, call.view)
    number = call.knobs.integer("number")
    found = outer.result(number)
    return outer.image(number) if found is None else found


def _output(node: nk.Node) -> nk.Node | None:
    return next((each for each in node.children if each.kind == "Output"), None)


@evaluates("Root", knows="", through=False)
def root(call: Call) -> Image:
    raise call.refused("the script itself is no picture")
