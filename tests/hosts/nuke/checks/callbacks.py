"""Callbacks: who is told of what, in which context, and what is refused in them."""

import sys

import nuke
import told
from raising import raises

said = []


def say(*words):
    said.append((*words, nuke.thisNode().name()))


def heard():
    found = list(said)
    said.clear()
    return found


# Made, and made by the artist.
nuke.addOnCreate(say, ("create",), nodeClass="Blur")
nuke.addOnUserCreate(say, ("user",), nodeClass="Blur")
blur = nuke.nodes.Blur()
assert heard() == [("create", "Blur1")]
nuke.createNode("Blur", inpanel=False)
assert heard() == [("user", "Blur2"), ("create", "Blur2")]
nuke.removeOnCreate(say, ("create",), nodeClass="Blur")
nuke.nodes.Blur()
assert heard() == []


# Changed: by a new value alone, and not while it is told of one.
def changed():
    knob = nuke.thisKnob()
    said.append((knob.name(), knob.value() if knob.name() == "size" else None))
    nuke.thisNode()["label"].setValue(str(len(said)))
    with raises(RuntimeError, "I'm already executing something else"):
        nuke.execute("Write1", 1, 1)


nuke.addKnobChanged(changed, nodeClass="Blur")
nuke.nodes.Write()
blur["size"].setValue(3)
blur["size"].setValue(3)
blur.setInput(0, nuke.nodes.Constant())
assert heard() == [("size", 3.0), ("inputChange", None)] and blur["label"].value() == "2"
nuke.removeKnobChanged(changed, nodeClass="Blur")

# What a callback raises is printed, and Nuke goes on.
nuke.addKnobChanged(lambda: 1 / 0, nodeClass="Blur", node=blur)
blur["size"].setValue(4)
assert told.of("exception") == ["knobChanged of Blur1.size: ZeroDivisionError: division by zero"]
assert blur["size"].value() == 4.0

# A knob with Python in it; a button, inside whose group nodes are made.
blur["knobChanged"].setValue("import nuke; nuke.thisNode()['label'].setValue(nuke.thisKnob().name())")
group = nuke.nodes.Group()
group.addKnob(nuke.PyScript_Knob("make", "Make", "nuke.nodes.Dot(label=nuke.thisNode().name())"))
group["make"].execute()
assert group.node("Dot1")["label"].value() == "Group1" and nuke.toNode("Dot1") is None
with raises(ValueError, "outside"):
    nuke.thisKnob()
group.addKnob(nuke.PyScript_Knob("ask", "Ask", "nuke.thisKnob()"))
with raises(ValueError, "outside"):
    group["ask"].execute()
group.addKnob(nuke.PyScript_Knob("fail", "Fail", "raise KeyError('why')"))
with raises(KeyError, "why"):
    group["fail"].execute()

group.addKnob(nuke.PyScript_Knob("gone", "Gone", "nuke.thisNode().removeKnob(nuke.thisNode()['gone'])"))
with raises(RuntimeError, "within its own callback"):
    group["gone"].execute()

# Opened, saved, closed, destroyed.
for event in ("OnScriptLoad", "OnScriptSave", "OnScriptClose"):
    getattr(nuke, f"add{event}")(lambda event=event: said.append(event))
nuke.addOnDestroy(lambda: said.append(f"destroy {nuke.thisNode().name()}"), nodeClass="Group")
path = f"{sys.argv[-1]}/a.nk"
nuke.scriptSaveAs(path, 1)
nuke.scriptOpen(path)
assert heard() == ["OnScriptSave", "OnScriptClose", "destroy Group1", "OnScriptLoad"]
nuke.delete(nuke.toNode("Group1"))
assert heard() == ["destroy Group1"]
nuke.addOnScriptLoad(lambda: 1 / 0)
nuke.scriptOpen(path)
assert "OnScriptLoad" in heard() and "onScriptLoad" in told.of("exception")[-1]
