"""Knobs: what they take, what they give, and what they refuse."""

import nuke
from raising import raises

# A class of nodes or a knob that Nuke does not have.
with raises(AttributeError, "Blurr"):
    nuke.nodes.Blurr()
with raises(RuntimeError, "Unknown command"):
    nuke.createNode("Blurr")
with raises(NameError, "sise"):
    nuke.nodes.Blur(sise=4)
blur = nuke.nodes.Blur(size=4)
assert blur.knob("sise") is None
with raises(NameError, "sise"):
    blur["sise"]

# Words of an enumeration, its numbers, what is shown beside them.
merge = nuke.nodes.Merge2()
assert merge["operation"].value() == "over" and merge["operation"].setValue("plus")
assert merge["operation"].getValue() == merge["operation"].values().index("plus")
for wrong in ("add-ish", 999):
    with raises(ValueError):
        merge["operation"].setValue(wrong)
copy = nuke.nodes.Copy()
copy["bbox"].setValue("A")
assert copy["bbox"].value() == "A" and "A\tA side" in copy["bbox"].values()

# Types.
with raises(TypeError):
    blur["size"].setValue("4")
with raises(TypeError):
    blur["label"].setValue(4)
with raises(TypeError):
    nuke.Enumeration_Knob("e", "E", "abc")
with raises(ValueError, "channels"):
    blur["size"].setValue([1, 2, 3])
with raises(ValueError, "forward slashes"):
    nuke.nodes.Read(file="C:\\plates\\a.exr")

# One number for channels that are alike, as in Nuke; a list where they differ.
assert blur["size"].value() == 4.0
blur["size"].setValue([4, 8])
assert blur["size"].value() == [4.0, 8.0] and blur["size"].value(1) == 8.0
assert nuke.nodes.Transform()["translate"].value() == [0.0, 0.0]
whole, flag = nuke.Int_Knob("whole"), nuke.Boolean_Knob("flag", "Flag", True)
whole.setValue(7)
assert (whole.value(), whole.getValue()) == (7, 7.0) and isinstance(whole.value(), int)
assert flag.value() is True and flag.getValue() == 1.0

# Knobs that a file's type brings.
write = nuke.nodes.Write()
assert write.knob("compression") is None
with raises(NameError, "datatype"):
    nuke.nodes.Write(datatype="32 bit float")
write["file"].setValue("/shots/a.%04d.exr")
assert write["file_type"].value() == "exr" and write["datatype"].value() == "16 bit half"
with raises(ValueError, "64 bit"):
    write["datatype"].setValue("64 bit")

# Layers and channels there are.
with raises(ValueError, "hero.alpha"):
    copy["to0"].setValue("hero.alpha")
nuke.Layer("hero", ["hero.alpha"])
copy["to0"].setValue("hero.alpha")
with raises(ValueError, "Nuke's own"):
    nuke.Layer("mask", ["mask.hero"])
with raises(ValueError, "no name"):
    nuke.Layer("1st")

# User knobs.
group = nuke.nodes.Group()
mix = nuke.Double_Knob("mix_", "Mix")
group.addKnob(mix)
assert [knob.Class() for knob in group.allKnobs()][-2:] == ["Tab_Knob", "Double_Knob"]
for taken in (mix, nuke.Int_Knob("mix_"), nuke.Int_Knob("label")):
    with raises(ValueError):
        group.addKnob(taken)
assert group["mix_"] is mix and mix.node() is group and mix.fullyQualifiedName() == "Group1.mix_"
mix.setFlag(nuke.INVISIBLE)
assert not mix.visible() and mix.enabled()
group.removeKnob(mix)
assert group.knob("mix_") is None

# Curves and expressions.
group.addKnob(mix)
mix.setValue(0.25)
mix.setAnimated()
mix.setValueAt(1, 1010)
mix.animation(0).changeInterpolation(mix.animation(0).keys(), nuke.CONSTANT)
assert mix.getKeyList() == [1.0, 1010.0] and mix.isAnimated()
assert [mix.getValueAt(frame) for frame in (1, 1009, 1010, 2000)] == [0.25, 0.25, 1.0, 1.0]
assert mix.toScript() == "{curve K x1 0.25 x1010 1}"
blur["size"].setExpression("Nobody.mix_ * 10 + frame", 0)
with raises(ValueError, "names nothing"):
    blur["size"].getValueAt(5, 0)
blur["size"].setExpression("Group1.mix_ * 10 + frame", 0)
assert blur["size"].getValueAt(1010, 0) == 1020.0 and blur["size"].value(1) == 8.0
with raises(RuntimeError, "clearAnimated"):
    blur["size"].setValue(1, 0)
assert blur.dependencies(nuke.EXPRESSIONS) == [group] and group.dependent(nuke.EXPRESSIONS) == [blur]
nuke.frame(1010)
blur["size"].clearAnimated()
assert blur["size"].value() == [1020.0, 8.0] and not blur["size"].isAnimated()
group["mix_"].setExpression("frame > 5 ? frame : nobody.there", 0)
assert mix.getValueAt(6) == 6.0, "the other branch is not asked"
with raises(ValueError, "names nothing"):
    mix.getValueAt(5)
blur["size"].setExpression(f"{blur.name()}.size.w + 1", 0)
with raises(ValueError, "comes back to itself"):
    blur["size"].value(0)
blur["size"].setExpression("[value Group1.mix_]", 0)
with raises(ValueError, "more than the stand-in evaluates"):
    blur["size"].value(0)

# Text in which brackets stand for what they give; a path, on a frame.
nuke.root()["name"].setValue("/shots/sh010/comp.nk")
read = nuke.nodes.Read(file="[file dirname [value root.name]]/plates/a.%04d.exr")
assert nuke.filename(read) == "/shots/sh010/plates/a.%04d.exr"
assert read["file"].evaluate() == "/shots/sh010/plates/a.1010.exr"
read["file"].setValue("/shots/\\[1\\]/%V/a.####.exr")
assert read["file"].evaluate() == "/shots/[1]/main/a.1010.exr"
read["file"].setValue("[exec ls]")
with raises(ValueError, "more Tcl"):
    nuke.filename(read)

# Nothing of a node that is gone.
nuke.delete(group)
for gone in (lambda: group.name(), lambda: mix.value(), lambda: group["mix_"]):
    with raises(ValueError, "not attached to a node"):
        gone()

# What only real Nuke has is refused, and what needs an event loop.
with raises(AttributeError):
    nuke.activeViewer  # noqa: B018
with raises(RuntimeError, "without a GUI"):
    nuke.executeInMainThread(print)
with raises(RuntimeError, "Bad news"):
    nuke.message("Bad news")
assert nuke.menu("Nodes") is None
