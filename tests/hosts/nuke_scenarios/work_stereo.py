"""Two views through a node and back. Arguments OUT, PLATE with %V, RESULT with %V."""

import desk
import nuke

out, plate, result = desk.arguments(3)
nuke.root()["views"].fromScript("main #ff0000\nright #00ff00")
read = desk.plate(plate, 1001, 1002)
node = desk.replate("identity", read)
renders = desk.rendered()
node.group["process"].execute()
assert node.versions, node.group["status"].value()
version = node.versions[-1]
write = desk.write(node.group, result)
sent = len(renders)
nuke.execute(write, 1001, 1002, 1, ["main", "right"])
desk.report(
    out,
    views=nuke.views(),
    said=node.group["status"].value(),
    there=sorted(node.there()),
    jobs=version.job.split(),
    state=version.state,
    pattern=version.outputs["plate"],
    sent=sent,
)
