"""At the keyboard: two nodes at once, one of them cancelled in the middle. Arguments OUT, PLATE.

The test's gate "held" lets one frame of that node pass, and the gate "free" all of the other one's.
"""

import desk
import nuke

out, plate = desk.arguments(2)


def made():
    read, style = desk.plate(plate, 1001, 1003), nuke.nodes.CheckerBoard2()
    return [
        desk.replate("restyle", read, style, model="restyle/invert", p_gate=gate, first=1001, last=1003)
        for gate in ("held", "free")
    ]


held, free = desk.on_main(made)
desk.press(held, "process")
desk.press(free, "process")
desk.until(lambda: len(free.there()) == 3, "the node that is not held is done")
desk.until(lambda: len(held.there()) == 1, "the held one has its first frame")
desk.press(held, "process")
refused = desk.said(held)
desk.press(held, "cancel")
cancelled = desk.said(held)
desk.until(lambda: free.versions[-1].state == "done", "the free one is recorded")
desk.report(
    out,
    refused=refused,
    cancelled=cancelled,
    there=desk.on_main(lambda: [sorted(held.there()), sorted(free.there())]),
    states=desk.on_main(lambda: [node.versions[-1].state for node in (held, free)]),
    job=desk.on_main(lambda: held.versions[-1].job),
    free=desk.said(free),
)
