"""A plate through an Upscale, written in the format that comes out of the node. Arguments OUT, PLATE, RESULT."""

import desk
import nuke

out, plate, result = desk.arguments(3)
renders = desk.rendered()
read = desk.plate(plate, 1001, 1003)
node = desk.replate("upscale", read, model="Lanczos", first=1002, last=1002)
before = node.group.format().name(), node.group.width(), node.group.height()
node.group["p_scale"].setValue("3x")
node.group["process"].execute()
sent = [frame for _, frame in renders]
nuke.execute(desk.write(node.group, result), 1002, 1002)
desk.report(
    out,
    said=node.group["status"].value(),
    there=sorted(node.there()),
    sent=sorted(set(sent)),
    before=before[1:],
    format=[node.group.width(), node.group.height(), node.group.pixelAspect()],
)
