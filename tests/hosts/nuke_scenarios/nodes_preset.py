"""Presets fill the knobs, the menu says at which these stand, and the script keeps the knobs. Argument SCRIPT."""

import sys

import nuke

from replate_host.catalog import Catalog
from replate_host.versions import Version, now
from replate_nuke.nodes import all_nodes, build, cards, panel

(script,) = sys.argv[-1:]
catalog = cards.known()
said = catalog.as_json()
adain = next(each for each in said["models"] if each["name"] == "restyle/adain")
adain["presets"] = [
    {"name": "soft", "label": "Soft", "tooltip": "A little.", "values": {"strength": 0.25, "keep_colour": True}},
    {"name": "loud", "label": "Loud", "tooltip": "All of it.", "values": {"strength": 1, "keep_colour": False}},
]
said["models"] = [adain, {**adain, "name": "restyle/other", "label": "Other", "presets": [], "needs": ["keyframes"]}]
node = build.build(Catalog.of(said), "restyle")
menu = node.group["preset"]


def stands():
    now = node.parameters()
    return menu.value(), now["strength"], now["keep_colour"]


# A new node stands at the server's defaults, which are a preset here.
assert menu.label() == "How far" and list(menu.values()) == ["Soft", "Loud", "own"], menu.values()
assert "Soft: A little." in menu.tooltip() and stands() == ("Loud", 1.0, False), stands()

# What a preset does not name stays, and undo takes the knobs back.
node.group["p_style_scale"].setValue(2.0)
menu.setValue("Soft")
assert stands() == ("Soft", 0.25, True) and node.parameters()["style_scale"] == 2.0
nuke.undo()
assert stands()[1:] == (1.0, False), stands()
menu.setValue("Loud")
menu.setValue("Soft")

# Who turns a knob stands at none; who turns it to where a preset has it, at that.
node.group["p_strength"].setValue(0.5)
assert stands() == ("own", 0.5, True)
node.group["p_strength"].setValue(0.25)
assert stands() == ("Soft", 0.25, True)
menu.setValue("own")
assert stands() == ("Soft", 0.25, True), "own is what the knobs say, and nothing to choose"

# A version's settings, another model, a catalog that has it otherwise: the menu follows.
version = Version(1, "restyle", "restyle/adain", 1, 1, parameters={"strength": 0.75}, made=now(), state="done")
panel.use(node, version)
assert stands() == ("own", 0.75, False)
node.group["model"].setValue("Other")
assert list(menu.values()) == ["own"] and node.missing() == ["Plate", "Keyframes"], node.missing()
node.group["model"].setValue(adain["label"])
menu = node.group["preset"]
assert list(menu.values()) == ["Soft", "Loud", "own"] and menu.value() == "own"

menu.setValue("Soft")
nuke.scriptSaveAs(script, 1)
nuke.scriptClear()
nuke.scriptOpen(script)
(node,) = all_nodes()
menu = node.group["preset"]
assert stands() == ("Soft", 0.25, True)

# Of an operation whose models have none, nothing is said.
assert build.build(catalog, "depth").group.knob("preset") is None
