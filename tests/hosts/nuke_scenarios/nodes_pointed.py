"""Points and boxes: added on the frame that is looked at, told in the wire's coordinates, removed, saved and opened."""

import sys

import nuke

from replate_nuke.nodes import all_nodes, build, buttons, cards

script = sys.argv[-1]
# With an area within, which moves nothing.
nuke.addFormat("80 60 10 4 70 56 1 small")
nuke.root()["format"].setValue("small")
nuke.frame(1003)
plate = nuke.nodes.Constant(name="plate1")
plate["format"].setValue("small")
plate.selectOnly()
node = build.build(cards.known(), "segment")
group = node.group
assert node.parameters()["prompts"] == []

buttons.act(node, "p_prompts_add_point")
point = node.parameters()["prompts"][0]
assert point == {"frame": 1003, "object": "subject", "x": 40.0, "y": 30.0, "inside": True}, point

# Nuke counts from the bottom, the wire from the top; the middle of the first pixel is 0.5, 0.5 in both.
group["p_prompts_1"].setValue([0.5, 59.5])
assert [node.parameters()["prompts"][0][axis] for axis in "xy"] == [0.5, 0.5]
group["p_prompts_1_object"].setValue("dog")
group["p_prompts_1_inside"].setValue(False)

nuke.frame(1007)
buttons.act(node, "p_prompts_add_box")
group["p_prompts_2"].setValue([10, 5, 30, 45])
box = node.parameters()["prompts"][1]
assert box == {"frame": 1007, "object": "dog", "x": 10.0, "y": 15.0, "width": 20.0, "height": 40.0}, box

buttons.act(node, "p_prompts_add_point")
group["p_prompts_3_object"].setValue("cat")
buttons.act(node, "p_prompts_2_remove")
assert [(each["object"], "width" in each) for each in node.parameters()["prompts"]] == [("dog", False), ("cat", False)]
assert group.knob("p_prompts_2") is None and group.knob("p_prompts_2_frame") is None
assert node.parameters()["prompts"][0] == {"frame": 1003, "object": "dog", "x": 0.5, "y": 0.5, "inside": False}
expected = node.parameters()

nuke.scriptSaveAs(script, 1)
nuke.scriptClear()
nuke.scriptOpen(script)
(again,) = all_nodes()
assert again.parameters() == expected, (again.parameters(), expected)
buttons.act(again, "p_prompts_add_box")
assert "width" in again.parameters()["prompts"][2] and again.group.knob("p_prompts_4") is not None
