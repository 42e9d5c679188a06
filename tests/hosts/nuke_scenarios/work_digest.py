"""What counts as a change of what feeds an input, and what does not: arguments OUT, PLATE, FOLDER."""

import os
from pathlib import Path

import desk
import nuke

from replate_nuke.work.upstream import look

out, plate, folder = desk.arguments(3)
found = {}


def note(name):
    upstream = look(nuke.toNode("Grade1"), ["rgba"])
    found[name] = [upstream.digest, upstream.state(1001), upstream.state(1002)]


read = desk.plate(plate, 1001, 1002)
shift = nuke.nodes.Transform(inputs=[read])
grade = nuke.nodes.Grade(name="Grade1", inputs=[shift])
note("as it was made")

grade["label"].setValue("warmer")
grade["tile_color"].setValue(0xFF0000FF)
grade.setXYpos(300, 400)
read.setName("Plate")
read.setSelected(True)
note("looks")

shift["translate"].setExpression("frame - 1001", 0)
note("expression")

control = nuke.nodes.NoOp(name="Control")
control.addKnob(nuke.Double_Knob("mix_by"))
grade["mix"].setExpression("Control.mix_by")
note("expression on another node")

control["mix_by"].setValue(0.5)
note("the other node's knob")

grade["multiply"].setAnimated()
grade["multiply"].setValueAt(1.0, 1001)
grade["multiply"].setValueAt(2.0, 1002)
note("animation")

script = (Path(folder) / "saved.nk").as_posix()
nuke.scriptSaveAs(script, 1)
nuke.scriptClear()
nuke.scriptOpen(script)
note("saved and opened")

later = Path(plate.replace("%04d", "1002"))
os.utime(later, ns=(1, 1))
note("a file")

nuke.root()["format"].setValue("HD_1080")
note("format")

nuke.root()["colorManagement"].setValue("OCIO")
note("working space")

grade = nuke.toNode("Grade1")
hold = nuke.nodes.FrameHold(inputs=[grade.input(0)])
hold["firstFrame"].setValue(1001)
grade.setInput(0, hold)
note("held")
os.utime(later, ns=(2, 2))
note("another file, held")

group = nuke.nodes.Group(name="Looks")
with group:
    source = nuke.nodes.Input(name="Input1")
    inner = nuke.nodes.Grade(name="Inner", inputs=[source])
    nuke.nodes.Output(name="Output1", inputs=[inner])
group.setInput(0, hold)
grade.setInput(0, group)
note("group")
inner["gamma"].setValue(0.8)
note("inside the group")
source["label"].setValue("in")
note("looks inside the group")

desk.report(out, **found)
