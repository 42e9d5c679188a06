"""A frame of a result, frozen: to be painted on, and to lead what is made next."""

from __future__ import annotations

from typing import Any, cast

import nuke

from replate_host import AgentError
from replate_nuke.nodes import exr, inside
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import one_step

ROLE = "keyframes"
_JOINT = "keyframes"
"""In the names of the Switches that show each keyframe on its own frame."""


def freeze(node: Node) -> None:
    """Puts the frame that is looked at beside the node, as a Read and a FrameHold; raises `AgentError`.

    It is joined to what leads to the node's input for keyframes, where it has one: there each is seen on its own frame.
    """
    frame, outputs = nuke.frame(), node.outputs()
    if frame not in node.there() or not outputs:
        raise AgentError("NotFound", f"There is no result at frame {frame}: preview it first.")
    pattern = str(outputs[0].read["file"].value())
    x, y = node.group.xpos() + 2 * inside.STEP, node.group.ypos() - 3 * inside.STEP
    pin = node.group.node(ROLE)
    index = int(pin["number"].value()) if pin is not None else -1
    before = node.group.input(index) if pin is not None else None
    with one_step("Use as keyframe"), node.group.parent():
        joint = before if before is not None and _joins(before) else None
        x += inside.STEP * (joint.inputs() if joint is not None else before is not None)
        read = nuke.nodes.Read(xpos=x, ypos=y)
        read["file"].setValue(exr.path(pattern, frame, "%V"))
        read["raw"].setValue(True)
        read["label"].setValue(f"keyframe {frame}")
        hold = nuke.nodes.FrameHold(xpos=x, ypos=y + inside.STEP)
        hold.setInput(0, read)
        hold["firstFrame"].setValue(frame)
        if before is not None and joint is None:
            joint = nuke.nodes.Switch(xpos=before.xpos(), ypos=before.ypos() + inside.STEP)
            joint.setName(f"{_JOINT}1", uncollide=True)
            joint.setInput(0, before)
        if joint is not None:
            _join(joint, hold, frame)
        if pin is not None:
            node.group.setInput(index, joint or hold)


def _joins(node: nuke.Node) -> bool:
    return node.Class() == "Switch" and node.name().startswith(_JOINT)


def _join(joint: nuke.Node, hold: nuke.Node, frame: int) -> None:
    """Shows one more keyframe on its frame; on all others what was seen there before."""
    index, which = joint.inputs(), cast(Any, joint["which"])
    joint.setInput(index, hold)
    before = which.getKeyList() if which.isAnimated() else []
    # A curve holds backwards, too.
    curve = {int(at): int(which.getValueAt(at)) for at in (*before, frame - 1, frame + 1)}
    curve[frame] = index
    which.fromScript(f"{{curve K {' '.join(f'x{at} {shown}' for at, shown in sorted(curve.items()))}}}")
