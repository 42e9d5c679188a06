"""At the keyboard: two nodes at once, one of them cancelled in the middle. Arguments OUT, PLATE.

The test's gate "held" lets one frame of that node pass, and the gate "free" all of the other one's, whose turn comes
when the server's one worker is let go.
"""

import desk

out, plate = desk.arguments(2)

held, free = desk.gated(plate, "held"), desk.gated(plate, "free")
desk.press(held, "process")
desk.until(lambda: len(held.there()) == 1, "the held one has its first frame")
desk.press(free, "process")
desk.until(lambda: len(free.versions) == 1, "the other one is asked for, too")
refused = desk.press(held, "process")
cancelled = desk.press(held, "cancel")
desk.until(lambda: free.versions[-1].state == "done", "the other one is done")
desk.report(
    out,
    refused=refused,
    cancelled=cancelled,
    there=desk.on_main(lambda: [sorted(held.there()), sorted(free.there())]),
    states=desk.on_main(lambda: [node.versions[-1].state for node in (held, free)]),
    job=desk.on_main(lambda: held.versions[-1].job),
)
