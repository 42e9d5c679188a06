"""At the keyboard: two nodes at once, one cancelled in the middle. Arguments OUT, PLATE, GATES: `held` is opened by the test."""

from pathlib import Path

import desk
import nuke

out, plate, gates = desk.arguments(3)


def made():
    read = desk.plate(plate, 1001, 1004)
    style = desk.plate(plate, 1001, 1001)
    return [
        desk.replate("restyle", read, style, model="restyle/invert", p_gate=gate, first=1001, last=1004)
        for gate in ("held", "open")
    ]


def press(node, button):
    node.group[button].execute()


held, free = desk.on_main(made)
desk.on_main(press, held, "process")
desk.on_main(press, free, "process")
# The other one is done while this one is held in its second frame.
desk.until(lambda: len(free.there()) == 4, "the node that is not held is done")
desk.until(lambda: len(held.there()) == 1, "the held one has its first frame")
bars = [bar.name for bar in getattr(nuke, "progress_tasks", list)()]
desk.on_main(press, held, "cancel")
said = desk.on_main(lambda: held.group["status"].value())
Path(gates, "cancelled").touch()
version = desk.on_main(held.versions.__getitem__, -1)
desk.report(
    out,
    said=said,
    there=desk.on_main(lambda: sorted(held.there())),
    state=version.state,
    others=desk.on_main(lambda: [free.group["status"].value(), sorted(free.there()), free.versions[-1].state]),
    again=desk.on_main(lambda: bool(__import__("replate_nuke.work", fromlist=["work"]).running(held))),
)
