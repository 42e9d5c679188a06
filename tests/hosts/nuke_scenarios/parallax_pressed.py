"""At the keyboard: the buttons of a script's parallax, with the plugin or without. Arguments OUT, SCRIPT."""

import desk
import nuke

out, script = desk.arguments(2)
said = []


def press(button, **knobs):
    for name, value in knobs.items():
        group[name].setValue(value)
    group[button].execute()


# A window would stand there and wait.
nuke.message = said.append
desk.on_main(nuke.scriptOpen, script)
group = desk.on_main(nuke.toNode, "Parallax")
desk.on_main(lambda: press("bake", parallax=0))
desk.on_main(lambda: press("bake", parallax=1, amplitude=0.2))
desk.on_main(lambda: press("focus_pick", focus_at=[-500, -500]))
path = desk.on_main(lambda: group["scene"].value())
desk.on_main(lambda: press("rebuild", scene="/nowhere/scene.json"))
desk.on_main(lambda: press("rebuild", scene=path, own_zoom=1.5))
desk.until(lambda: True, "what buttons put off is done")
move = desk.on_main(lambda: group["move"].value())
desk.on_main(lambda: group["move"].setValue("handheld"))
before = desk.on_main(lambda: group.node("hand")["sway_x"].toScript())
desk.on_main(lambda: group["sway"].setValue(9))
after = desk.on_main(lambda: group.node("hand")["sway_x"].toScript())
desk.report(out, said=said, move=move, zoom=desk.on_main(lambda: group["own_zoom"].value()), another=before != after)
