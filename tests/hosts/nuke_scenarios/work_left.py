"""At the keyboard: a script saved and closed in the middle of a job. Arguments OUT, PLATE, SCRIPT."""

import desk
import nuke

out, plate, script = desk.arguments(3)


def made():
    nuke.scriptSaveAs(script, 1)
    read, style = desk.plate(plate, 1001, 1003), nuke.nodes.CheckerBoard2()
    return desk.replate("restyle", read, style, model="restyle/invert", p_gate="left", first=1001, last=1003)


node = desk.on_main(made)
desk.press(node, "process")
desk.until(lambda: len(node.there()) == 1, "the first frame is there")
version = desk.on_main(lambda: node.versions[-1])
desk.on_main(nuke.scriptSave)
desk.on_main(nuke.scriptClear)
desk.report(out, job=version.job, state=version.state)
