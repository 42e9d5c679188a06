"""What the artist changed stays when the scene is built again, and what became of the scene comes.

Arguments OUT, GRIDS, CARDS: the report, and two scenes of the same layers, CARDS without the foremost and with
another lens.
"""

import desk
import nuke
import parallax_desk

from replate_nuke import parallax

out, grids, cards = desk.arguments(3)
group = parallax_desk.built(grids)

group["amplitude"].setValue(0.25)
group["on_hill"].setValue(False)
group["focus"].setAnimated()
group["focus"].setValueAt(3, 1001)
group["focus"].setValueAt(5, 1003)
with group:
    grade = nuke.nodes.Grade(name="mine", inputs=[group.node("hill_read")])
    group.node("hill_project").setInput(0, grade)
    moved = nuke.nodes.Grade(name="after", inputs=[group.node("picture")])
    group.node("Output1").setInput(0, moved)
    extra = nuke.nodes.Card2(name="extra", inputs=[grade])
    layers = group.node("layers")
    layers.setInput(layers.inputs(), extra)
group.node("render")["filter"].setValue("Keys")
group.node("hill_read")["on_error"].setValue("black")
group.node("rest_camera").setXYpos(5, 7)


def state():
    surface = group.node("hill_surface")
    return {
        "amplitude": group["amplitude"].value(),
        "on_hill": bool(group["on_hill"].value()),
        "focus": [group["focus"].getValueAt(frame) for frame in (1001, 1003)],
        "filter": group.node("render")["filter"].value(),
        "on_error": group.node("hill_read")["on_error"].value(),
        "file": group.node("hill_read")["file"].value(),
        "focal": group.node("rest_camera")["focal"].value(),
        "surface": surface.Class(),
        "projected": group.node("hill_project").input(0).name(),
        "output": group.node("Output1").input(0).name(),
        "scene": [layers.input(index).name() for index in range(layers.inputs())],
        "place": [group.node("rest_camera").xpos(), group.node("rest_camera").ypos()],
        "pole": [name for name in group.knobs() if name.endswith("_pole")]
        + [node.name() for node in group.nodes() if node.name().startswith("pole")],
    }


before = state()
parallax.rebuild(group)
same = state()
parallax.show(group, cards)
other = state()
parallax.show(group, grids)
desk.report(out, before=before, same=same, other=other, back=state())
