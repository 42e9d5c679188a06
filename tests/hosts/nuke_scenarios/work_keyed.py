"""Two frames of a restyle taken as keyframes, and carried to the third. Arguments OUT, PLATE, RESULT, SCRIPT."""

import desk
import nuke

from replate_nuke.nodes import buttons

out, plate, result, script = desk.arguments(4)
nuke.scriptSaveAs(script, 1)
read = desk.plate(plate, 1001, 1003)
node = desk.replate("restyle", read, nuke.nodes.CheckerBoard2(), model="restyle/invert", first=1001, last=1003)
node.group["process"].execute()
looked = node.shown().outputs["plate"]
for frame in (1001, 1003):
    nuke.frame(frame)
    buttons.act(node, "keyframe")
desk.connect(node, "style", None)
node.group["model"].setValue("Keyframes")
rendered = desk.rendered()
node.group["process"].execute()
version = node.versions[-1]
write = desk.write(node.group, result)
nuke.execute(write, 1001, 1003)
nuke.scriptSaveAs(script, 1)
desk.report(
    out,
    said=node.group["status"].value(),
    there=sorted(node.there()),
    model=version.model,
    state=version.state,
    recipe=version.recipe,
    keyframes=looked,
    rendered=[each for each in rendered if each[0] == "send_keyframes"],
)
