"""At the keyboard: a sheet of seeds; a bar's own Cancel; a node that is deleted. Arguments OUT, PLATE."""

import desk
import nuke

from replate_nuke import work

out, plate = desk.arguments(2)
found = {}

node = desk.gated(plate, "varied")
desk.on_main(lambda: work.vary(node, [{"seed": 3}, {"strength": 0.5}], 1002))
desk.until(lambda: [each.state for each in node.versions] == ["done", "done"], "both are done")
found["varied"] = desk.on_main(
    lambda: [[each.seed, each.parameters["strength"], each.first, each.last] for each in node.versions]
)
found["shown"] = desk.on_main(lambda: node.shown() is not None)
found["sheet"] = desk.on_main(lambda: [each.name() for each in nuke.allNodes("ContactSheet", nuke.root(), True)])

barred = desk.gated(plate, "barred")
desk.press(barred, "process")
desk.until(lambda: len(barred.there()) == 1, "the first frame is there")
with desk.cancelling_bars():
    desk.until(lambda: not work.running(barred), "the bar's Cancel is heard")
found["barred"] = desk.said(barred)

deleted = desk.gated(plate, "deleted")
desk.press(deleted, "process")
desk.until(lambda: len(deleted.there()) == 1, "the first frame is there")
found["job"] = desk.on_main(lambda: deleted.versions[-1].job)
desk.on_main(lambda: nuke.delete(deleted.group))
desk.report(out, **found)
