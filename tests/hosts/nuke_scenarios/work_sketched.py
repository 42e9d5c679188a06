"""At the keyboard: words for a model, and what it makes of them seen in the panel. Arguments OUT, PLATE, SCRIPT, SEEN.

SEEN is touched when a picture was seen: the test opens the gate then. SCRIPT is what is saved just before.
"""

from pathlib import Path

import desk
import nuke

out, plate, script, seen = desk.arguments(4)

node = desk.gated(plate, "sketched", "restyle/sketching")


def told():
    return [node.group[name].Class() for name in ("p_prompt", "p_keep")], node.group["told"].value()


def say(**words):
    for name, text in words.items():
        node.group[f"p_{name}"].setValue(text)


begun = desk.on_main(told)
desk.on_main(
    lambda: say(prompt="a winter night, heavy snow on every roof and a single lamp", keep="her face and the wall")
)
spoken = desk.on_main(told)
desk.on_main(lambda: say(keep=""))
silent = desk.on_main(told)
desk.on_main(lambda: node.group["model"].setValue("restyle/invert"))
gone = desk.on_main(lambda: node.group.knob("told") is None)
desk.on_main(lambda: node.group["model"].setValue("restyle/sketching"))
again = desk.on_main(told)


def shown():
    knob = node.group["making"]
    return knob.visible(), knob.value()


before = desk.on_main(shown)
desk.press(node, "process")
desk.until(lambda: node.group["making"].visible(), "something is seen of what is made")
during = desk.on_main(shown)
desk.on_main(lambda: nuke.scriptSaveAs(script, 1))
there = Path(during[1].partition('src="')[2].partition('"')[0]).is_file()
Path(seen).touch()
desk.until(lambda: node.versions[-1].state == "done", "the job is done")
desk.idle(node)
after = desk.on_main(shown)
desk.report(
    out, told=[begun, spoken, silent, again], gone=gone, shown=[before, during, after], there=there,
    frames=desk.on_main(lambda: sorted(node.there())),
)  # fmt: skip
