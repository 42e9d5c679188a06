"""At the keyboard: the day's script on another machine, which has none of its results. Arguments OUT, SCRIPT."""

import desk
import nuke
from desk import idle, on_main, press, said

from replate_nuke.nodes import all_nodes

out, script = desk.arguments(2)
found = {}
desk.PATIENCE = 240.0


on_main(nuke.scriptOpen, script)
(node,) = on_main(all_nodes)
items = on_main(lambda: list(node.group["version"].values()))
on_main(lambda: node.group["version"].setValue(next(item for item in items if item.startswith("3:"))))
found["chosen"] = [said(node), on_main(lambda: sorted(node.there()))]
# What the knobs say is what version 3 was made with: the server has it all.
rendered = on_main(desk.rendered)
press(node, "process")
idle(node)
found["processed"] = [said(node), on_main(lambda: sorted(node.there()))]
on_main(lambda: nuke.frame(1006))
press(node, "preview")
idle(node)
found["preview"] = on_main(lambda: sorted(node.there()))
on_main(nuke.scriptSave)
desk.report(out, **found, rendered=rendered, versions=len(on_main(lambda: node.versions)))
