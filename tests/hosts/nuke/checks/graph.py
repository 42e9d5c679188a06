"""Nodes: where they are made and found, how they hang together, and how it is all taken back."""

import nuke
from raising import raises

# Names.
one, two = nuke.nodes.Blur(), nuke.nodes.Blur()
assert (one.name(), two.name()) == ("Blur1", "Blur2")
two.setName("Blur1")
assert two.name() == "Blur2"
with raises(ValueError):
    two.setName("Blur1", uncollide=False)
with raises(ValueError, "no name"):
    two.setName("a b")
twins = [nuke.createNode("Dot", "name Twin", inpanel=False) for _ in range(2)]
twins[1]["name"].setValue("Twin")
assert [node.name() for node in twins] == ["Twin", "Twin1"]
for twin in twins:
    nuke.delete(twin)

# Inputs.
two.setInput(0, one)
assert two.input(0) is one and two.inputs() == 1 and two.input(1) is None
with raises(ValueError):
    one.setInput(0, two)
with raises(ValueError):
    one.setInput(7, nuke.nodes.Constant())
merge = nuke.nodes.Merge2(inputs=[one, two])
assert merge.dependencies(nuke.INPUTS) == [one, two] and merge.optionalInput() == 2
assert one.dependent(nuke.INPUTS) == [merge, two] or one.dependent(nuke.INPUTS) == [two, merge]

# Groups: what is made between begin and end is in it; names are each group's own.
group = nuke.nodes.Group(name="Hold")
with group:
    pin = nuke.nodes.Input(name="plate")
    held = nuke.nodes.Blur(inputs=[pin])
    out = nuke.nodes.Output(inputs=[held])
    assert nuke.thisGroup() is group and nuke.toNode("Blur1") is held and nuke.allNodes("Blur") == [held]
assert nuke.toNode("Blur1") is one and nuke.toNode("Hold.Blur1") is held and held.fullName() == "Hold.Blur1"
assert nuke.toNode("nothing") is None and held.parent() is group and group.parent() is nuke.root()
assert len(nuke.allNodes("Blur")) == 2 and len(nuke.allNodes("Blur", nuke.root(), True)) == 3
assert group.maxInputs() == 1
group.setInput(0, two)
with raises(ValueError):
    group.setInput(1, one)
with raises(ValueError):
    held.setInput(0, one)  # That is outside.
with raises(RuntimeError):
    group.end()

# Names in expressions are searched upwards.
held["size"].setExpression("two_up.size.w + Hold.Blur1.mix + parent.Output1.xpos", 0)
two.setName("two_up")
two["size"].setValue(5)
held["mix"].setValue(0.5)
assert held["size"].value(0) == 5.5
held["size"].clearAnimated()
held["size"].setValue(0)
held["mix"].setValue(1)

# Made as an artist does: below what is selected, and between it and what hung on it.
for node in nuke.allNodes():
    node.setSelected(False)
one.setSelected(True)
grade = nuke.createNode("Grade", "white 2 label {a b}", inpanel=False)
assert grade.input(0) is one and two.input(0) is grade and nuke.selectedNodes() == [grade]
assert grade["white"].value() == 2.0 and grade["label"].value() == "a b"

# Deleted: what hung on it hangs on its first input.
nuke.delete(grade)
assert two.input(0) is one

# Undo: one step for all that stands within it.
before = {node.name() for node in nuke.allNodes()}
with nuke.Undo("Make two"):
    nuke.nodes.Dot()
    with nuke.Undo("Inner"):
        dot = nuke.nodes.Dot(inputs=[one])
    dot["label"].setValue("here")
nuke.undo()
assert {node.name() for node in nuke.allNodes()} == before
nuke.redo()
assert dot["label"].value() == "here" and dot.input(0) is one
nuke.Undo.disable()
dot["label"].setValue("there")
nuke.Undo.enable()
nuke.undo()
with raises(ValueError, "not attached"):
    dot.name()

# Frames there are of it.
read = nuke.nodes.Read(file="/a.%04d.exr", first=1001, last=1010)
moved = nuke.nodes.TimeOffset(inputs=[read], time_offset=5)
assert (moved.firstFrame(), moved.lastFrame()) == (1006, 1015)
assert (nuke.nodes.Constant().firstFrame(), nuke.nodes.Constant().lastFrame()) == (1, 100)
group.setInput(0, moved)
assert group.frameRange().first() == 1006

# A digest of all that makes its pixels.
first = merge.opHashes()
merge.setXpos(300)
merge.setName("Renamed")
assert merge.opHashes() == first
one["size"].setValue(9)
second = merge.opHashes()
assert second != first
one["size"].setValue(0)
assert merge.opHashes() == first
held["size"].setValue(3)
assert merge.opHashes() == first and group.opHashes() != second
