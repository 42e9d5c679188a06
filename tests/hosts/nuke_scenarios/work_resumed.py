"""At the keyboard: a script opened whose job was left in the middle. Arguments OUT, SCRIPT."""

import desk
import nuke

from replate_nuke.nodes import all_nodes

out, script = desk.arguments(2)
rendered = desk.on_main(desk.rendered)


def opened():
    """Its node, and which frames of it are there before anything goes on."""
    nuke.scriptOpen(script)
    (node,) = all_nodes()
    return node, sorted(node.there())


node, before = desk.on_main(opened)
desk.until(lambda: node.versions[-1].state == "done", "the job is done")
version = desk.on_main(lambda: node.versions[-1])
desk.report(
    out,
    before=before,
    there=desk.on_main(lambda: sorted(node.there())),
    job=version.job,
    rendered=rendered,
    said=desk.said(node),
)
