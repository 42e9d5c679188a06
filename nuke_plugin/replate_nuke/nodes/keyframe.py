"""A frame of a result, frozen: to be painted on, and to lead what is made next."""

from __future__ import annotations

import nuke

from replate_host import AgentError
from replate_nuke.nodes import exr, inside
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import one_step

ROLE = "keyframes"


def freeze(node: Node) -> None:
    """Puts the frame that is looked at beside the node, as a Read and a FrameHold; raises `AgentError`.

    It is connected to the node's input for keyframes, where it has one and nothing else leads there.
    """
    frame, outputs = nuke.frame(), node.outputs()
    if frame not in node.there() or not outputs:
        raise AgentError("NotFound", f"There is no result at frame {frame}: preview it first.")
    pattern = str(outputs[0].read["file"].value())
    x, y = node.group.xpos() + 2 * inside.STEP, node.group.ypos() - 2 * inside.STEP
    with one_step("Use as keyframe"), node.group.parent():
        read = nuke.nodes.Read(xpos=x, ypos=y)
        read["file"].setValue(exr.path(pattern, frame, "%V"))
        read["raw"].setValue(True)
        read["label"].setValue(f"keyframe {frame}")
        hold = nuke.nodes.FrameHold(xpos=x, ypos=y + inside.STEP)
        hold.setInput(0, read)
        hold["firstFrame"].setValue(frame)
    pin = node.group.node(ROLE)
    if pin is None:
        return
    index = int(pin["number"].value())
    if node.group.input(index) is None:
        node.group.setInput(index, hold)
