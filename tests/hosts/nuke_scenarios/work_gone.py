"""At the keyboard: the server goes away in the middle, and comes back. Arguments OUT, PLATE, FIRST, AWAY.

FIRST is touched when the first frame is there: the test kills the server then. AWAY is touched when the node says that
it is gone: the test starts it again, and opens the gate.
"""

from pathlib import Path

import desk

out, plate, first, away = desk.arguments(4)

node = desk.gated(plate, "gone")
desk.press(node, "process")
desk.until(lambda: len(node.there()) == 1, "the first frame is there")
Path(first).touch()
desk.until(lambda: node.group["status"].value().startswith("The server is away"), "the node says so")
Path(away).touch()
desk.until(lambda: node.versions[-1].state == "done", "the job is done all the same")
desk.report(out, there=desk.on_main(lambda: sorted(node.there())), said=desk.said(node))
