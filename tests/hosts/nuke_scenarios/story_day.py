"""At the keyboard: an artist's day with a restyle. Arguments OUT, PLATE, STYLE, RESULT, SCRIPT, GATE, SIGNS.

The model "restyle/adain-held" is AdaIN itself, whose runs wait at the test's GATE. Files in SIGNS tell the test how far
the day is: at "cancelled" it lets two more runs pass, at "second" it kills the server, at "away" it starts it again.
"""

from pathlib import Path

import desk
import nuke
from desk import idle, on_main, press, said, until

from replate_nuke.nodes import all_nodes

out, plate_path, style_path, result, script, gate, signs = desk.arguments(7)
found = {}
desk.PATIENCE = 240.0


def sign(name):
    Path(signs, name).touch()


def shot():
    """A script in ACEScg, with all that feeds the node; the matte is a box that moves by an expression."""
    nuke.scriptSaveAs(script, 1)
    root = nuke.root()
    root["colorManagement"].setValue("OCIO")
    root["OCIO_config"].setValue("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1")
    root["workingSpaceLUT"].setValue("scene_linear")
    root["first_frame"].setValue(1001)
    root["last_frame"].setValue(1006)
    nuke.frame(1003)
    plate = desk.plate(plate_path, 1001, 1006, name="Plate")
    nuke.addFormat("160 96 1 story")
    white = nuke.nodes.Constant(format="story", channels="rgba", color=[1, 1, 1, 1])
    matte = nuke.nodes.Crop(inputs=[white], box=[40, 20, 100, 70], reformat=False)
    matte["box"].setExpression("40 + 4 * (frame - 1001)", 0)
    return plate, desk.plate(style_path, 1, 1, name="Painting"), matte


def dropped(item, plate, **inputs):
    """A node out of the menu, behind a plate, with what else is connected to it."""
    on_main(plate.selectOnly)
    on_main(lambda: nuke.menu("Nodes").menu("Replate").findItem(item).invoke())
    until(all_nodes, "the node is there")
    (node,) = on_main(all_nodes)
    for role, source in inputs.items():
        on_main(desk.connect, node, role, source)
    return node


def turned(name, value):
    on_main(lambda: node.group[name].setValue(value))


def there():
    return on_main(lambda: sorted(node.there()))


plate, style, matte = on_main(shot)
node = dropped("Restyle", plate, style=style, matte=matte)
rendered = on_main(desk.rendered)
press(node, "preview")
idle(node)
found["preview"] = [there(), len(rendered)]

turned("last", 1004)
turned("model", "restyle/adain-held")
until(lambda: node.group.knob("p_gate") is not None, "the model's knobs are there")
turned("p_gate", gate)
press(node, "process")
until(lambda: node.shown().number == 2 and node.there(), "the first frame is there")
found["cancelled"] = [press(node, "cancel"), there(), len(rendered)]
sign("cancelled")

press(node, "process")
until(lambda: len(node.there()) >= 2, "the second frame is there")
sign("second")
until(lambda: node.group["status"].value().startswith("The server is away"), "the node says so")
sign("away")
idle(node)
found["done"] = [said(node), there(), len(rendered)]

turned("model", "AdaIN")
until(lambda: node.group.knob("p_gate") is None, "the model's knobs are gone")
turned("p_strength", 0.4)
press(node, "process")
idle(node)
found["strength"] = [said(node), there(), len(rendered)]

items = on_main(lambda: list(node.group["version"].values()))
turned("version", next(item for item in items if item.startswith("2:")))
on_main(lambda: desk.write(node.group, result, name="Final", datatype="16 bit half", metadata="all metadata"))
on_main(nuke.scriptSave)
versions = on_main(lambda: node.versions)
desk.report(
    out,
    **found,
    items=items,
    shown=on_main(lambda: node.shown().number),
    versions=[[each.first, each.last, each.parameters["strength"], each.outputs["plate"]] for each in versions],
)
