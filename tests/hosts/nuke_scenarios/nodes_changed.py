"""The model swapped, the catalog refreshed, a version's settings taken back, a node copied."""

import sys
from pathlib import Path

import nuke

from replate_host.catalog import Catalog
from replate_host.versions import Version, now
from replate_nuke.nodes import Node, all_nodes, build, cards, panel, variations

folder = Path(sys.argv[-1])
catalog = cards.known()


def names(node):
    return [knob.name() for knob in node.group.allKnobs()]


# Another model: its own knobs come, those of the one before go, and what both have keeps what the artist set.
depth = build.build(catalog, "depth")
assert depth.model == "depth/small" and "p_mirrored" in names(depth)
depth.group["p_near"].setValue(2.5)
depth.group["p_short_side"].setValue(512)
labels = {model.name: model.label for model in catalog.models}
depth.group["model"].setValue(labels["depth/anything-small"])
assert depth.model == "depth/anything-small"
assert "p_mirrored" not in names(depth) and "p_short_side" in names(depth)
assert depth.parameters()["short_side"] == 512 and depth.parameters()["near"] == 2.5
assert depth.group["own"].label() == labels["depth/anything-small"]
depth.group["model"].setValue(labels["depth/small"])
assert "p_mirrored" in names(depth) and depth.parameters()["short_side"] == 512

# What nobody touched follows the new model's default.
depth.group["p_short_side"].setValue(384)
depth.group["model"].setValue(labels["depth/anything-small"])
assert depth.parameters()["short_side"] == 518

# A model that cannot run is marked, and says why when it is chosen.
marked = [item for item in depth.group["model"].values() if item.endswith("(not available)")]
assert [item for item in marked if item.startswith("Depth Pro")], depth.group["model"].values()
depth.group["model"].setValue(next(item for item in marked if item.startswith("Depth Pro")))
assert depth.model == "depth/pro"
assert "licence" in depth.group["status"].value() and "licence" in depth.group["model"].tooltip()

# What it can be varied by are seeds, and parameters that have ends or choices; the model's own too.
items = depth.group["vary_by"].values()
assert items[0] == "Seed" and {"Near", "Encoding", "Edge radius"} <= set(items), items
depth.group["model"].setValue(labels["depth/small"])
assert "Look twice" in depth.group["vary_by"].values()
parameters = [*catalog.operation("depth").parameters, *depth.chosen.parameters]
assert variations.changes(parameters, "Seed", 3, 5) == [{"seed": 5}, {"seed": 6}, {"seed": 7}]
assert variations.changes(parameters, "Edge radius", 5, 0) == [{"edge_radius": each} for each in (0, 4, 8, 12, 16)]
assert variations.changes(parameters, "Encoding", 2, 0) == [{"encoding": "1/Z"}, {"encoding": "Z"}]
made = [
    Version(number, "depth", "depth/small", 1, 1, parameters={"near": near, "far": 9.0})
    for number, near in ((1, 0.5), (2, 2.0))
]
assert variations.differences(made) == ["near 0.5", "near 2"]

# A server that knows more: the node grows, and what was set stays.
restyle = build.build(catalog, "restyle")
restyle.group["p_strength"].setValue(0.25)
said = catalog.as_json()
for operation in said["operations"]:
    if operation["name"] == "restyle":
        cue = {"name": "cue", "label": "Cue", "tooltip": "", "kind": "still", "required": False}
        operation["inputs"] = [operation["inputs"][0], cue, *operation["inputs"][1:]]
        prompt = {"name": "prompt", "label": "Prompt", "type": "text", "default": "", "tooltip": "In words."}
        operation["parameters"] = [prompt, *operation["parameters"]]
panel.refresh(restyle, Catalog.of(said))
assert restyle.parameters()["strength"] == 0.25 and restyle.parameters()["prompt"] == ""
assert restyle.group["p_prompt"].Class() == "String_Knob"
assert restyle.group.node("cue") is not None and restyle.group.node("send_cue") is not None
# What is connected stays where it is: a new input is the last, wherever the server has it.
roles = [*(each.name for each in catalog.operation("restyle").inputs), "cue"]
assert [restyle.group.node(role)["number"].value() for role in roles] == list(range(len(roles)))

# One undo takes a refresh back.
nuke.undo()
assert restyle.group.knob("p_prompt") is None and restyle.group.node("cue") is None
assert restyle.parameters()["strength"] == 0.25

# A version's settings come back to the knobs.
version = Version(
    1,
    "depth",
    "depth/small",
    1001,
    1010,
    5,
    {"short_side": 256, "mirrored": True, "far": 99.0},
    made=now(),
    state="done",
)
depth.add_version(version)
assert depth.versions == (version,) and depth.shown() is None and depth.next_number() == 2
panel.use(depth, version)
assert depth.model == "depth/small" and depth.seed == 5 and (depth.first, depth.last) == (1001, 1010)
assert depth.parameters()["short_side"] == 256 and depth.parameters()["mirrored"] is True
assert depth.parameters()["far"] == 99.0 and depth.parameters()["near"] == 1.0

# A node that an earlier Replate made lacks knobs of today: a refresh brings them, and all else stays.
depth.show(version, [1001, 1003])
expected = depth.parameters()
depth.group.removeKnob(depth.group["refresh"])
depth.group.removeKnob(depth.group["vary_by"])
panel.refresh(depth, catalog)
assert depth.model == "depth/small" and "Look twice" in depth.group["vary_by"].values()
assert depth.versions == (version,) and depth.shown() == version and depth.there() == {1001, 1003}
assert depth.parameters() == expected and depth.seed == 5

# What cannot be done whole is not done at all.
before = len(nuke.allNodes("Group"))
said = catalog.part("matte").as_json()
said["operations"][0]["parameters"][0]["type"], said["operations"][0]["parameters"][0]["default"] = "whole", "no number"
try:
    build.build(Catalog.of(said), "matte")
except TypeError:
    pass
else:
    raise AssertionError("a default that is no number was taken")
assert len(nuke.allNodes("Group")) == before

# A copy is a node of its own, with the same values and versions.
depth.group.selectOnly()
nuke.nodeCopy(str(folder / "copied.nk"))
nuke.nodePaste(str(folder / "copied.nk"))
copy = next(node for node in all_nodes() if node.operation == "depth" and node != depth)
assert copy.name == "Depth2" and copy.parameters() == depth.parameters() and copy.versions == depth.versions
copy.group["model"].setValue(labels["depth/anything-small"])
copy.group["seed"].setValue(11)
copy.tell("of the copy")
assert depth.model == "depth/small" and depth.seed == 5 and depth.group["status"].value() != "of the copy"
assert "p_mirrored" in names(depth) and "p_mirrored" not in names(copy)
assert Node.of(copy.group) == copy and Node.of(nuke.nodes.Group()) is None
