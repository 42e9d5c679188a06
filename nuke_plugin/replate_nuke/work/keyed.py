"""Which frames an input of keyframes has: those that the artist names, or those that what feeds it is of.

A Read is of the frames whose files are there, a FrameHold of the one that it holds, a node of Replate's of its results;
a Switch joins what leads to it, each on the frames at which it shows it. What paints on these is of the same frames.
"""

from __future__ import annotations

from typing import Any

import nuke

from replate_host import AgentError
from replate_nuke.nodes import Node, Pin
from replate_nuke.nodes.controls import KEYED
from replate_nuke.work.moments import SAME_FRAME
from replate_nuke.work.moving import Files
from replate_nuke.work.ranges import parsed

KIND = "keys"


def leading(node: Node, first: int, last: int) -> tuple[int, ...]:
    """The keyframes that a range is painted by: those within, and the next on either side; rising.

    None for a node without keyframes. Raises `AgentError` where nobody says which frames they are of.
    """
    pin = next((pin for pin in node.inputs() if pin.kind == KIND), None)
    if pin is None:
        return ()
    plate = node.group.input(0)
    known = range(int(plate.firstFrame()), int(plate.lastFrame()) + 1) if plate is not None else range(0)
    numbers = [number for number in _frames(node, pin) if number in known]
    if not numbers or (len(known) > 1 and len(numbers) == len(known)):
        raise AgentError(
            "Unmet",
            f"{'Every frame' if numbers else 'No frame'} of the plate would be a keyframe: name those that are in "
            f"'Keyframes on', such as {node.first} {node.last}.",
        )
    start = max((number for number in numbers if number < first), default=first)
    end = min((number for number in numbers if number > last), default=last)
    return tuple(number for number in numbers if start <= number <= end)


def _frames(node: Node, pin: Pin) -> list[int]:
    named = {number for span in parsed(str(node.group[KEYED].value())) for number in span}
    return sorted(named or of(node.group.input(pin.index)))


def of(source: nuke.Node | None) -> set[int]:
    """The frames that what feeds an input is of; none where that says nothing."""
    while source is not None:
        own, kind = Node.of(source), source.Class()
        if own is not None:
            return own.there()
        if kind == "Read":
            return Files(source, str(source["file"].value()), steady=True).numbers()
        if kind == "FrameHold":
            return {int(source["firstFrame"].value())} if not source["increment"].value() else set()
        feeding = [index for index in range(source.inputs()) if source.input(index) is not None]
        if kind == "Switch":
            which: Any = source["which"]
            return {at for index in feeding for at in of(source.input(index)) if int(which.getValueAt(at)) == index}
        if kind not in SAME_FRAME or len(feeding) != 1:
            return set()
        source = source.input(feeding[0])
    return set()
