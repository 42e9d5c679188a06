"""A script that was exported elsewhere, opened and built again, twice. Arguments OUT, SCRIPT."""

import desk
import nuke
import parallax_desk

from replate_nuke import parallax

out, script = desk.arguments(2)
nuke.scriptOpen(script)
group = nuke.toNode("Parallax")
FRAMES = [1001, 1002, 1003]


def state():
    layers = group.node("layers")
    return {
        "move": group["move"].value(),
        "camera": parallax_desk.camera(group, FRAMES),
        "scale": [group["scale_hill"].getValueAt(frame) for frame in FRAMES],
        "hidden": bool(group["on_pole"].value()),
        "layers": [layers.input(index).name() for index in range(layers.inputs())],
        "thrown": group.node("layer1_project").input(1).name(),
        "moved": [group.node("layer1_axis")["translate"].getValueAt(1001, index) for index in range(3)],
    }


found = [state()]
for _ in range(2):
    parallax.show(group, group["scene"].value())
    found.append(state())
desk.report(out, found=found)
