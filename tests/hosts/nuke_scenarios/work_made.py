"""A restyle of two of three frames, and the script saved for the farm. Arguments OUT, PLATE, RESULT, SCRIPT.

The Write is in a Group, as studios have theirs.
"""

import desk
import nuke

out, plate, result, script = desk.arguments(4)
nuke.scriptSaveAs(script, 1)
root = nuke.root()
root["first_frame"].setValue(1001)
root["last_frame"].setValue(1003)
style = nuke.nodes.CheckerBoard2()
node = desk.replate("restyle", desk.plate(plate, 1001, 1003), style, model="restyle/invert", first=1001, last=1002)
node.group["process"].execute()
deliver = nuke.nodes.Group(name="Deliver")
with deliver:
    desk.write(nuke.nodes.Input(), result, name="Final")
deliver.setInput(0, node.group)
nuke.scriptSaveAs(script, 1)
version = node.versions[-1]
desk.report(
    out,
    said=node.group["status"].value(),
    there=sorted(node.there()),
    state=version.state,
    job=version.job,
    recipe=version.recipe,
    pattern=version.outputs["plate"],
)
