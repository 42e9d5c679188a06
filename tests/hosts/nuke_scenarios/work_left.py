"""At the keyboard: a script saved and closed in the middle of a job. Arguments OUT, PLATE, SCRIPT."""

import desk
import nuke

out, plate, script = desk.arguments(3)
desk.on_main(nuke.scriptSaveAs, script, 1)
node = desk.gated(plate, "left")
desk.press(node, "process")
desk.until(lambda: len(node.there()) == 1, "the first frame is there")
version, there = desk.on_main(lambda: (node.versions[-1], sorted(node.there())))
desk.on_main(nuke.scriptSave)
desk.on_main(nuke.scriptClear)
desk.report(out, job=version.job, state=version.state, there=there)
