"""Versions looked at: which files the Reads show, which frames are there, the layers that are joined to the stream."""

import sys

import nuke

from replate_host.versions import Version, now
from replate_nuke.nodes import all_nodes, build, buttons, cards, sheet
from replate_nuke.work import keyed

folder, script = sys.argv[-2:]
catalog = cards.known()
plate = nuke.nodes.Constant(name="plate1")


def made(name):
    plate.selectOnly()
    return build.build(catalog, name)


def version(number, operation, output, first, last, seed=0):
    return Version(
        number,
        operation,
        f"{operation}/x",
        first,
        last,
        seed,
        outputs={output: f"{folder}/{output}{number}.####.exr"},
        made=now(),
        state="done",
    )


segment = made("segment")
first, second = version(1, "segment", "matte", 1001, 1003), version(2, "segment", "matte", 1001, 1001, seed=9)
segment.add_version(first)
segment.show(first, [])
assert segment.shown() == first and segment.there() == set()
read, shown = segment.group.node("result_matte"), segment.group.node("shown")
assert nuke.filename(read) == f"{folder}/matte1.%04d.exr"
assert (read["first"].value(), read["last"].value(), read["origfirst"].value()) == (1001, 1003, 1001)
assert shown.input(1).Class() == "Input"

# Frames come one by one, in any order; the layers of the result are in the stream from the first on.
segment.arrived(1003)
segment.arrived(1001)
assert segment.there() == {1001, 1003}
assert [shown["which"].getValueAt(frame) for frame in range(999, 1006)] == [0, 0, 1, 0, 1, 0, 0]
copy = shown.input(1)
assert copy.name() == "join_1" and copy.input(0).name() == "plate" and copy.input(1).name() == "result_matte"
pairs = [(copy[f"from{slot}"].value(), copy[f"to{slot}"].value()) for slot in range(4)]
assert pairs == [
    ("dog.alpha", "dog.alpha"),
    ("subject.alpha", "subject.alpha"),
    ("dog.alpha", "rgba.alpha"),
    ("none", "none"),
], pairs

# What comes later is kept and not looked at, until the artist chooses it.
segment.add_version(second)
assert segment.shown() == first and segment.there() == {1001, 1003}
segment.group["version"].setValue(next(item for item in segment.group["version"].values() if item.startswith("2:")))
assert segment.shown() == second and nuke.filename(read) == f"{folder}/matte2.%04d.exr"
assert segment.there() == {1001}, segment.there()
segment.group["version"].setValue(segment.group["version"].values()[0])
assert segment.shown() is None and segment.there() == set()
segment.group["version"].setValue(next(item for item in segment.group["version"].values() if item.startswith("1:")))
assert segment.there() == {1001, 1003}
assert "1 of its frames" in segment.group["status"].value()

# Depth and motion go into Nuke's own layers.
depth, flow = made("depth"), made("flow")
joined = depth.group.node("join_1")
assert joined["from0"].value() == joined["to0"].value() == "depth.Z"
motion, occlusion = flow.group.node("join_1"), flow.group.node("join_2")
assert [motion[f"to{slot}"].value() for slot in range(4)] == ["forward.u", "forward.v", "backward.u", "backward.v"]
assert [occlusion[f"to{slot}"].value() for slot in range(2)] == ["occluded_forward.alpha", "occluded_backward.alpha"]
assert occlusion.input(0).name() == "join_1" and flow.group.node("shown").input(1).name() == "join_2"

# A frame is frozen beside the node; without a result there is one sentence.
nuke.frame(1001)
buttons.act(segment, "keyframe")
(hold,) = nuke.allNodes("FrameHold")
assert hold["firstFrame"].value() == 1001 and nuke.filename(hold.input(0)) == f"{folder}/matte1.1001.exr"
nuke.frame(1002)
buttons.act(segment, "keyframe")
assert segment.group["status"].value() == "There is no result at frame 1002: preview it first."

# Where an operation takes keyframes, it is connected; more of them are joined, each to be seen on its own frame.
led = made("restyle")
led.add_version(version(1, "restyle", "plate", 1001, 1003))
led.show(led.versions[0], [1001, 1002, 1003])
at = int(led.group.node("keyframes")["number"].value())
frozen = []
for frame in (1003, 1001, 1002):
    nuke.frame(frame)
    buttons.act(led, "keyframe")
    frozen.append(sorted(keyed.of(led.group.input(at))))
assert frozen == [[1003], [1001, 1003], [1001, 1002, 1003]], frozen
joint = led.group.input(at)
holds = [joint.input(index)["firstFrame"].value() for index in range(joint.inputs())]
assert [holds[int(joint["which"].getValueAt(frame))] for frame in (1001, 1002, 1003)] == [1001, 1002, 1003], holds
assert [pin.role for pin in led.inputs()] == ["plate", "keyframes"] and led.missing() == ["Style"]
assert len(nuke.allNodes("FrameHold")) == 4

# One of them made again takes the place of the one before, and an undo gives that back.
nuke.frame(1003)
buttons.act(led, "keyframe")
assert (joint.inputs(), int(joint["which"].getValueAt(1003)), int(joint["which"].getValueAt(1002))) == (4, 3, 2)
nuke.undo()
assert int(joint["which"].getValueAt(1003)) == 0 and keyed.of(joint) == {1001, 1002, 1003}

# A sheet of versions, made once and filled anew.
for _ in range(2):
    contact = sheet.show(segment, [first, second]).node("sheet")
assert len([group for group in nuke.allNodes("Group") if group.name() == f"{segment.name}_sheet"]) == 1
assert (contact["columns"].value(), contact["rows"].value()) == (2, 1)
assert nuke.filename(contact.input(1)) == f"{folder}/matte2.%04d.exr"

buttons.act(segment, "reveal")
nuke.scriptSaveAs(script, 1)
nuke.scriptClear()
nuke.scriptOpen(script)
again = next(node for node in all_nodes() if node.operation == "segment")
assert again.shown() == first and again.there() == {1001, 1003}
assert again.group.node("shown")["which"].getValueAt(1003) == 1
