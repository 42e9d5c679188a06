"""A plate through a node and back; again with nothing changed, and with something. Arguments OUT, PLATE, RESULT."""

import desk
import nuke

from replate_nuke import agent

out, plate, result = desk.arguments(3)
renders = desk.rendered()


def processed():
    """Presses Process; what was rendered for it, and what the node says."""
    del renders[:]
    node.group["process"].execute()
    return {"rendered": len(renders), "said": node.group["status"].value(), "versions": len(node.versions)}


read = desk.plate(plate, 1001, 1003)
grade = nuke.nodes.Grade(inputs=[read], black_clamp=False)
node = desk.replate("identity", grade)
found = {"first": processed(), "again": processed()}

grade.setXYpos(10, 20)
grade["label"].setValue("nothing new")
node.group.setName("Renamed")
found["looks changed"] = processed()

nuke.root()["proxy"].setValue(True)
found["in proxy"] = processed()
found["proxy is on still"] = bool(nuke.root()["proxy"].value())
nuke.root()["proxy"].setValue(False)

write = desk.write(node.group, result)
nuke.execute(write, 1001, 1003)

handles = []
submit = agent.current().submit
agent.current().submit = lambda *said, **calls: handles.append(submit(*said, **calls)) or handles[-1]
node.group["seed"].setValue(5)
found["another seed"] = {**processed(), "bytes": handles[0].bytes_to_send, "state": handles[0].state}

grade["multiply"].setValue(0.5)
found["graded"] = processed()
found["there"] = sorted(node.there())
desk.report(out, **found)
