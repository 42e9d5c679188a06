"""From a plate to a scene in a node, rendered at rest, and saved. Arguments OUT, PLATE, RESULT, SCRIPT."""

import desk
import nuke
import parallax_desk

out, plate, result, script = desk.arguments(4)
nuke.scriptSaveAs(script, 1)
read = desk.plate(plate, 1001, 1002)
node = desk.replate("layers", read, surface="card", lens_focal=28, p_count=2, model="Patches")
before = node.group.node("Output1").input(0).name()
node.group["process"].execute()
group = node.group
found = {
    "before": before,
    "said": group["status"].value(),
    "after": group.node("Output1").input(0).name(),
    "scene": group["scene"].value() if group.knob("scene") else "",
    "focal": group.node("rest_camera")["focal"].value() if group.node("rest_camera") else 0,
    "layers": [name.name() for name in group.nodes() if name.Class() == "Card2"],
}
desk.report(out, **found)
group["parallax"].setValue(0)
parallax_desk.render(group, result, 1001)

group["amplitude"].setValue(0.3)
group["surface"].setValue("grid")
group["process"].execute()
desk.report(
    out,
    **found,
    again=group["status"].value(),
    amplitude=group["amplitude"].value(),
    surfaces=sorted({each.Class() for each in group.nodes() if each.name().endswith("_surface")}),
    versions=len(node.versions),
)
desk.write(group, script.replace(".nk", ".%04d.exr"))
nuke.scriptSave()
