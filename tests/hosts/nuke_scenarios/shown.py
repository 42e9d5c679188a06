"""At the keyboard: what docs/nuke.md shows, as an artist does it. Arguments OUT, PLATE, STYLE.

The script is saved beside OUT at each moment that is drawn; `tests/hosts/draw_nuke` draws what the scripts say.
"""

from pathlib import Path

import desk
import nuke
from desk import on_main, press, until

out, plate_path, style_path = desk.arguments(3)
folder = Path(out).parent
desk.PATIENCE = 900.0
FIRST, LAST, LOOK = 44, 49, 46
FRAMES = LAST - FIRST + 1
CLICKS = ((225, 360 - 212), (197, 360 - 34))
"""On the rabbit's belly and on its ear, at frame 46, from the bottom left."""


def menu():
    return nuke.menu("Nodes").menu("Replate")


def begun():
    nuke.scriptSaveAs(str(folder / "shot.nk"), 1)
    root = nuke.root()
    root["first_frame"].setValue(FIRST)
    root["last_frame"].setValue(LAST)
    nuke.frame(LOOK)
    plate = desk.plate(plate_path, FIRST, LAST, name="Plate", xpos=0, ypos=0)
    return plate, nuke.nodes.Read(file=style_path, name="Painting", xpos=-140, ypos=90)


def made(item, place, *sources):
    """A node out of the menu, behind others."""
    from replate_nuke.nodes import all_nodes

    before = on_main(lambda: {node.name for node in all_nodes()})
    on_main(sources[0].selectOnly)
    on_main(lambda: menu().findItem(item).invoke())
    until(lambda: len(all_nodes()) > len(before), f"{item} is there")
    node = on_main(lambda: next(each for each in all_nodes() if each.name not in before))
    on_main(lambda: [node.group.setInput(index, source) for index, source in enumerate(sources)])
    on_main(node.group.setXYpos, *place)
    return node


def turn(node, **knobs):
    on_main(lambda: [node.group[name].setValue(value) for name, value in knobs.items()])


def idle(node):
    from replate_nuke import work

    until(lambda: not work.running(node), "the node has ended")
    assert on_main(lambda: [each.state for each in node.versions][-1:]) == ["done"], desk.said(node)


def processed(node):
    press(node, "process")
    idle(node)


def written(source, name, place):
    """A Write behind a node, for what is drawn to be rendered by."""

    def act():
        file = str(folder / f"{name.lower()}.%04d.exr")
        desk.write(source, file, name=name).setXYpos(*place)

    on_main(act)


def moment(name):
    on_main(nuke.scriptSave)
    (folder / f"{name}.nk").write_text((folder / "shot.nk").read_text("utf-8"), "utf-8")


def bar(node):
    """What the node's progress bar said last."""
    import told

    mine = [line.split(": ", 2)[2] for line in told.of("progress") if line.startswith(f"Replate: {node.name}: ")]
    percent = next((line for line in reversed(mine) if line.endswith("%")), "0%")
    text = next((line for line in reversed(mine) if "frames" in line), "")
    return {"title": f"Replate: {node.name}", "percent": float(percent[:-1]), "text": text}


items = on_main(lambda: [[item.name(), item.icon()] for item in menu().items()])
plate, style = on_main(begun)
segment = made("Segment", (140, 90), plate)
for number, click in enumerate(CLICKS, 1):
    press(segment, "p_prompts_add_point")
    until(lambda number=number: segment.group.knob(f"p_prompts_{number}_remove") is not None, "the point is there")
    turn(segment, **{f"p_prompts_{number}": list(click), f"p_prompts_{number}_object": "rabbit"})
processed(segment)

matte = on_main(lambda: nuke.nodes.Invert(inputs=[segment.group], channels="alpha"))
on_main(matte.setXYpos, 140, 190)
restyle = made("Restyle", (0, 190), plate, style)
on_main(desk.connect, restyle, "matte", matte)
turn(restyle, p_strength=0.8, p_style_scale=2.0)
written(restyle.group, "Final", (0, 290))
moment("wired")

written(matte, "Mask", (140, 290))
press(restyle, "preview")
idle(restyle)
press(restyle, "process")
until(lambda: 3 <= len(restyle.there()) < FRAMES and bar(restyle)["text"].startswith("3 "), "three are there")
seen = on_main(lambda: bar(restyle))
moment("progress")
idle(restyle)
moment("done")

turn(restyle, vary_by="Strength", variations=4)
press(restyle, "vary")
until(lambda: nuke.toNode("Restyle1_sheet") is not None and len(restyle.versions) == 6, "four variations are kept")
idle(restyle)
written(on_main(nuke.toNode, "Restyle1_sheet"), "Sheet", (280, 290))
moment("varied")

depth = made("Depth", (420, 90), plate)
processed(depth)
parallax = made("Parallax", (420, 190), plate, depth.group, segment.group)
processed(parallax)
turn(parallax, start=FIRST, cycle=FRAMES)
written(parallax.group, "Rest", (280, 390))
moment("rest")
turn(parallax, amplitude=0.1, closer=1.12)
written(parallax.group, "Moved", (420, 290))
written(depth.group, "Far", (560, 290))
moment("moved")
desk.report(out, menu=items, bar=seen)
