"""Scripts: what is saved comes back, as text that is Tcl; what Nuke would not read is refused. Argument: a folder."""

import sys
from pathlib import Path

import nuke
from raising import raises

folder = Path(sys.argv[-1])
AWKWARD = 'a [b] {c} $d "e" \\f\n\tg; #h } ] ü 漢字 %04d'
LONG = '{"a": [1, 2, {"b": "\\\\ \\" $x [y] {z}"}]}' * 500


def build():
    nuke.root()["first_frame"].setValue(1001)
    nuke.root()["format"].setValue("HD_1080")
    nuke.Layer("hero", ["hero.alpha", "hero.depth"])
    nuke.addView("right")
    plate = nuke.nodes.Read(file="/plates/a b.%04d.exr", first=1001, last=1010, raw=True)
    group = nuke.nodes.Group(name="Hold", inputs=[])
    with group:
        pin = nuke.nodes.Input(name="plate")
        grade = nuke.nodes.Grade(inputs=[pin, pin], white=[1, 2, 3, 1])
        nuke.nodes.Output(inputs=[grade])
    group.setInput(0, plate)
    end = nuke.Tab_Knob("end", None, nuke.TABENDGROUP)
    button = nuke.PyScript_Knob("go", "Go [now]", f"print({AWKWARD!r})\nx = 1")
    for knob in (
        nuke.Tab_Knob("hold", "Hold"),
        nuke.Text_Knob("said", "", AWKWARD),
        nuke.Text_Knob("", ""),
        nuke.String_Knob("note"),
        nuke.Multiline_Eval_String_Knob("long"),
        nuke.Password_Knob("secret"),
        nuke.Tab_Knob("more", "More", nuke.TABBEGINCLOSEDGROUP),
        nuke.Enumeration_Knob("style", "Style", ["plain", "a b", "c/d (e)", "f, g: h"]),
        nuke.Int_Knob("seed"),
        nuke.Double_Knob("strength"),
        nuke.Boolean_Knob("flag", "Flag"),
        nuke.XY_Knob("point"),
        nuke.BBox_Knob("box"),
        nuke.Color_Knob("tint"),
        nuke.Double_Knob("there"),
        end,
        button,
    ):
        group.addKnob(knob)
    group["note"].setValue(AWKWARD)
    group["note"].setTooltip(AWKWARD)
    group["long"].setValue(LONG)
    group["secret"].setValue("hush")
    group["style"].setValue("f, g: h")
    group["seed"].setValue(123456789)
    group["strength"].setExpression("frame > 1005 ? 0.5 : seed / 2")
    group["strength"].setRange(0, 2)
    group["flag"].setValue(True)
    group["point"].setValue([0.5, -3])
    group["point"].setExpression("parent.Read1.first", 1)
    group["box"].setValue([1, 2, 3.25, 4])
    group["there"].fromScript("{curve K x1001 1 x1003 0}")
    group["there"].setFlag(nuke.INVISIBLE)
    group["seed"].setFlag(nuke.DISABLED | nuke.NO_ANIMATION)
    group["flag"].setFlag(nuke.STARTLINE)
    other = nuke.nodes.CheckerBoard2()
    merge = nuke.nodes.Merge2(inputs=[group, other, None, plate], operation="plus", label=AWKWARD)
    masked = nuke.nodes.Merge2(inputs=[merge, other, plate], name="Masked")
    nuke.nodes.Copy(inputs=[masked, merge], from0="rgba.red", to0="hero.depth")
    nuke.nodes.Write(inputs=[masked], file="/out/%V/a.####.exr", compression="none", views="main right")


def state(node):
    knobs = {name: knob.toScript() for name, knob in node.knobs().items() if name not in ("secret", "name")}
    flags = {
        name: (knob.label(), knob.tooltip(), knob.visible(), knob.enabled(), knob.getFlag(nuke.STARTLINE), knob.Class())
        for name, knob in node.knobs().items()
    }
    inputs = [node.input(place) and node.input(place).name() for place in range(node.inputs())]
    return node.Class(), knobs, flags, inputs


def all_states():
    return {node.fullName(): state(node) for node in nuke.allNodes(group=nuke.root(), recurseGroups=True)}


build()
path, again = folder / "a.nk", folder / "b.nk"
nuke.scriptSaveAs(str(path))
with raises(RuntimeError, "there already"):
    nuke.scriptSaveAs(str(path))
before, root = all_states(), state(nuke.root())
assert not nuke.root().modified()
nuke.scriptOpen(str(path))
assert all_states() == before and state(nuke.root()) == root
hold = nuke.toNode("Hold")
assert hold["note"].value() == AWKWARD and hold["long"].value() == LONG and hold["said"].value() == AWKWARD
assert hold["secret"].value() == "", "a password is in no script"
assert hold["style"].values() == ["plain", "a b", "c/d (e)", "f, g: h"] and hold["style"].value() == "f, g: h"
assert [hold["strength"].getValueAt(frame) for frame in (1005, 1006)] == [123456789 / 2, 0.5]
assert hold["there"].getKeyList() == [1001, 1003] and hold["there"].getValueAt(1002) == 1
assert not hold["there"].visible() and not hold["seed"].enabled()
assert not hold["seed"].getFlag(nuke.NO_ANIMATION), "a script keeps few flags"
assert nuke.views() == ["main", "right"] and "hero.depth" in nuke.channels()
assert nuke.scriptName() == path.as_posix() and nuke.root().format().name() == "HD_1080"
merge = nuke.toNode("Merge1")
assert [merge.input(place) and merge.input(place).name() for place in range(4)] == [
    "Hold",
    "CheckerBoard1",
    None,
    "Read1",
]
nuke.scriptSave(str(again))
lines = [text.read_text(encoding="utf-8").splitlines() for text in (path, again)]
assert lines[0] == lines[1], "what was read is written as it was"

# Copied and pasted: below what is selected, with names of their own.
for node in nuke.allNodes():
    node.setSelected(node.name() in ("Hold", "Masked"))
nuke.nodeCopy(str(folder / "clip.nk"))
nuke.toNode("Read1").selectOnly()
pasted = nuke.nodePaste(str(folder / "clip.nk"))
assert {node.name() for node in nuke.selectedNodes()} == {"Hold1", "Masked1"} and pasted.name() in ("Hold1", "Masked1")
assert nuke.toNode("Hold1.Grade1")["white"].value() == [1, 2, 3, 1]
nuke.undo()
assert nuke.toNode("Hold1") is None

# Text into the group one is in.
with nuke.toNode("Hold"):
    nuke.scriptReadText("Blur {\n inputs 0\n size {{curve L x1 0 x11 10} 3}\n}\n")
read = nuke.toNode("Hold.Blur1")
assert read["size"].getValueAt(6) == [5.0, 3.0]

# What Nuke would not read.
for wrong, error in (
    ("Blurr { name a }", LookupError),
    ("Blur { sise 4 }", NameError),
    ("Merge2 { operation add-ish }", ValueError),
    ("Copy { to0 nowhere.alpha }", ValueError),
    ("Blur { size 4 ", ValueError),
    ("push $nobody", ValueError),
    ("Group {\n}\n", ValueError),
    ("Blur { size [exec ls] }", ValueError),
    ("exec ls", ValueError),
):
    count = len(nuke.allNodes(group=nuke.root(), recurseGroups=True))
    with raises(error):
        nuke.scriptReadText(wrong)

# As Nuke itself writes them.
nuke.scriptClear()
assert nuke.allNodes() == [] and nuke.views() == ["main"] and "hero.depth" not in nuke.channels()
nuke.scriptReadText(
    """#! C:/Program Files/Nuke14.0v5/nuke-14.0.5.dll -nx
set cut_paste_input [stack 0]
version 14.0 v5
push 0
push $cut_paste_input
Group {
 inputs 2
 name Settings
 tile_color 0x46c7c7ff
 note_font "Bitstream Vera Sans Bold"
 selected true
 xpos 1930
 addUserKnob {20 Settings l "Screen Mattes"}
 addUserKnob {26 info l "" +STARTLINE T "First\\nconnect \\[this] to \\{that\\}."}
 addUserKnob {26 ""}
 addUserKnob {7 lineWidth l "Line Width" t "How \\"wide\\"" R 0 25}
 lineWidth 10
 addUserKnob {4 sampleres l resolution M {1:1 1:4 1:9 "" ""}}
 sampleres 1:9
 addUserKnob {19 lineColour l {Line Colour}}
 lineColour {1 0 1 0.5}
 addUserKnob {22 run l Run -STARTLINE T "n = nuke.thisNode()\\nn\\['lineWidth'].setValue(1)"}
 addUserKnob {41 width l "" +INVISIBLE T Blur1.size}
}
 Input {
  inputs 0
  name Input1
 }
set N1 [stack 0]
 Blur {
  size {{parent.lineWidth} {"frame > 5 ? 1 : 2"}}
  name Blur1
 }
push $N1
 Copy {
  inputs 2
  from0 rgba.red
  to0 rgba.alpha
  name Copy1
 }
 Output {
  name Output1
 }
end_group
"""
)
settings = nuke.toNode("Settings")
assert settings["info"].value() == "First\nconnect [this] to {that}." and settings["sampleres"].value() == "1:9"
assert settings["lineColour"].value() == [1, 0, 1, 0.5] and settings["lineWidth"].tooltip() == 'How "wide"'
assert nuke.toNode("Settings.Blur1")["size"].getValueAt(6) == [10.0, 1.0]
settings["run"].execute()
assert settings["lineWidth"].value() == 1.0
copied = nuke.toNode("Settings.Copy1")
assert [copied.input(0).name(), copied.input(1).name()] == ["Input1", "Blur1"]
