"""Whether Nuke came up at all; with a window, what the menu says."""

import nuke

if nuke.GUI:
    titles = nuke.executeInMainThreadWithResult(
        lambda: [each.name() for each in nuke.menu("Nodes").menu("Replate").items()]
    )
    assert titles == ["What Is Wrong..."], titles
print("Nuke runs")
