"""Results joined to the stream of a plate, saved with a Write behind each node: for a Nuke that has no Replate."""

import sys

import nuke
from desk import plate, write

from replate_host.versions import Version, now
from replate_nuke.nodes import build, cards, sheet

folder = sys.argv[-1]
catalog = cards.known()
source = plate(f"{folder}/plate.%04d.exr", 1001, 1002)

for operation, outputs in {
    "restyle": ["plate"],
    "inpaint": ["plate"],
    "depth": ["depth"],
    "segment": ["matte"],
    "flow": ["motion", "occlusion"],
}.items():
    source.selectOnly()
    node = build.build(catalog, operation)
    files = {output: f"{folder}/{operation}_{output}.####.exr" for output in outputs}
    version = Version(1, operation, node.model, 1001, 1002, outputs=files, made=now(), state="done")
    node.add_version(version)
    node.show(version, [1001])
    write(node.group, f"{folder}/out_{operation}.%04d.exr")

# What is sent of motion counts downwards again.
guided = build.build(catalog, "restyle")
guided.group.setInput(int(guided.group.node("motion")["number"].value()), node.group)
sent = guided.group.node("send_motion")
sent["file"].setValue(f"{folder}/sent.%04d.exr")
sent["disable"].setValue(False)
nuke.execute(sent, 1001, 1001)
nuke.delete(guided.group)

# Variations of a frame, the last of which is still being made.
source.selectOnly()
node = build.build(catalog, "restyle")
tries = [
    Version(number, "restyle", node.model, 1001, 1001, seed, outputs={"plate": f"{folder}/try{number}.####.exr"})
    for number, seed in ((1, 5), (2, 6), (3, 7))
]
for version in tries:
    node.add_version(version)
found = sheet.show(node, tries)
assert found["label"].value() == "1: seed 5   2: seed 6\n3: seed 7", found["label"].value()
write(found, f"{folder}/sheet.%04d.exr")
nuke.scriptSaveAs(f"{folder}/joined.nk", 1)
