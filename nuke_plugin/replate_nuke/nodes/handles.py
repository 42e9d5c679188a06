"""Points and boxes that the artist puts into the viewer, and what they say on the wire."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nuke


@dataclass(frozen=True)
class Handle:
    """One point or box; its knobs are its name, and that with _object, _frame and (a point) _inside."""

    parameter: str
    number: int
    box: bool

    @property
    def name(self) -> str:
        return f"p_{self.parameter}_{self.number}"


def of(group: nuke.Group, parameter: str) -> list[Handle]:
    """A parameter's handles, in the order in which they were added."""
    found = []
    for name, knob in group.knobs().items():
        match = re.fullmatch(rf"p_{re.escape(parameter)}_(\d+)", name)
        if match:
            found.append(Handle(parameter, int(match[1]), knob.Class() == "BBox_Knob"))
    return sorted(found, key=lambda handle: handle.number)


def another(group: nuke.Group, parameter: str, box: bool) -> Handle:
    """One more than there are."""
    return Handle(parameter, max((handle.number for handle in of(group, parameter)), default=0) + 1, box)


def place(group: nuke.Group, handle: Handle, frame: int) -> None:
    """Puts a new handle into the middle of the picture, on a frame; it belongs to the object of the one before it."""
    width, height = _display(group)
    x, y = width / 2, height / 2
    if handle.box:
        group[handle.name].setValue([x - width / 8, y - height / 8, x + width / 8, y + height / 8])
    else:
        group[handle.name].setValue([x, y])
    group[f"{handle.name}_frame"].setValue(frame)
    before = [each for each in of(group, handle.parameter) if each.number < handle.number]
    if before:
        group[f"{handle.name}_object"].setValue(group[f"{before[-1].name}_object"].value())


def prompts(group: nuke.Group, parameter: str) -> list[dict[str, Any]]:
    """As the agent takes them: pixels of the display window from its top left corner, y down."""
    _, height = _display(group)
    found: list[dict[str, Any]] = []
    for handle in of(group, parameter):
        said: dict[str, Any] = {
            "frame": int(group[f"{handle.name}_frame"].value()),
            "object": str(group[f"{handle.name}_object"].value()).strip() or "subject",
        }
        if handle.box:
            x0, x1 = sorted(_number(group, handle, index) for index in (0, 2))
            y0, y1 = sorted(height - _number(group, handle, index) for index in (1, 3))
            said.update(x=x0, y=y0, width=x1 - x0, height=y1 - y0)
        else:
            inside = bool(group[f"{handle.name}_inside"].value())
            said.update(x=_number(group, handle, 0), y=height - _number(group, handle, 1), inside=inside)
        found.append(said)
    return found


def put(group: nuke.Group, parameter: str, prompts: Sequence[dict[str, Any]]) -> None:
    """Sets the handles, of which there must be as many and of the same kinds, to what `prompts` gave."""
    _, height = _display(group)
    for handle, said in zip(of(group, parameter), prompts):
        x, y = said["x"], height - said["y"]
        if handle.box:
            group[handle.name].setValue([x, y - said["height"], x + said["width"], y])
        else:
            group[handle.name].setValue([x, y])
            group[f"{handle.name}_inside"].setValue(bool(said.get("inside", True)))
        group[f"{handle.name}_frame"].setValue(int(said["frame"]))
        group[f"{handle.name}_object"].setValue(str(said.get("object", "subject")))


def _number(group: nuke.Group, handle: Handle, index: int) -> float:
    return float(group[handle.name].getValue(index))


def _display(group: nuke.Group) -> tuple[int, int]:
    """The width and height of the display window of what is worked on, full size in proxy mode too.

    It begins at 0, 0, as in the files that Nuke writes: a format's x, y, r and t are an area within.
    """
    upstream = group.input(0)
    format = upstream.format() if upstream is not None else nuke.root()["format"].value()
    return format.width(), format.height()
