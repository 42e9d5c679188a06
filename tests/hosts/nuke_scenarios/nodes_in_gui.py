"""At the keyboard: the menu with its icons, a node made by it, handles and models changed in the panel, undone."""

import threading
from pathlib import Path

import nuke
from desk import on_main, until


def menu_is_whole():
    from replate_nuke import agent, startup

    assert startup.problem() == "", startup.problem()
    assert agent.started() is None, "the agent was started though nobody asked for anything"
    menu = nuke.menu("Nodes").menu("Replate")
    titles = [item.name() for item in menu.items()]
    assert titles[:7] == ["Restyle", "Depth", "Segment", "Matte", "Inpaint", "Flow", "Parallax"], titles
    assert titles[-2:] == ["Open Scene...", "Ask the Server Again"], titles
    for item in menu.items():
        icon = item.icon() if item.name() in titles[:7] else ""
        assert not icon or any((Path(path) / icon).is_file() for path in nuke.pluginPath()), icon


def nodes():
    from replate_nuke.nodes import all_nodes

    return all_nodes()


def press(node, knob, handles):
    """What a button puts off is done when Nuke's loop comes to it."""
    on_main(lambda: node.group[knob].execute())
    until(lambda: len(node.parameters()["prompts"]) == handles, f"there are {handles} handles")


on_main(menu_is_whole)
plate = on_main(lambda: nuke.nodes.Constant(name="plate1"))
on_main(lambda: plate.selectOnly())
# The first node ever: the server is asked meanwhile.
on_main(lambda: nuke.menu("Nodes").menu("Replate").findItem("Segment").invoke())
until(nodes, "the node is there")
(segment,) = on_main(nodes)
assert on_main(lambda: segment.group.input(0).name()) == "plate1"
press(segment, "p_prompts_add_point", 1)
press(segment, "p_prompts_add_box", 2)
press(segment, "p_prompts_1_remove", 1)
assert ["width" in each for each in on_main(segment.parameters)["prompts"]] == [True]
on_main(nuke.undo)
assert len(on_main(segment.parameters)["prompts"]) == 2

# The server is asked anew, and nobody waits for it meanwhile.
on_main(lambda: segment.group["refresh"].execute())
until(lambda: "it runs Replate" in segment.group["status"].value(), "the server has answered")
assert len(on_main(segment.parameters)["prompts"]) == 2

# Another model in the pull-down: its own knobs are there as soon as Nuke's loop comes to it.
on_main(lambda: nuke.menu("Nodes").menu("Replate").findItem("Depth").invoke())
until(lambda: len(nodes()) == 2, "the second node is there")
depth = on_main(lambda: next(node for node in nodes() if node.operation == "depth"))
on_main(lambda: depth.group["model"].setValue("Depth Anything V2 Small"))
until(lambda: depth.group.knob("p_mirrored") is None, "the model's knobs were swapped")
assert on_main(depth.parameters)["short_side"] == 518

# Within a group: behind what is selected there.
inner = on_main(lambda: nuke.nodes.Group(name="Inner"))


def select_within():
    with inner:
        nuke.nodes.Constant(name="plate2").selectOnly()
    nuke.showDag(inner)


on_main(select_within)
on_main(lambda: nuke.menu("Nodes").menu("Replate").findItem("Matte").invoke())
until(lambda: len(nodes()) == 3, "the third node is there")
matte = on_main(lambda: next(node for node in nodes() if node.operation == "matte"))
assert on_main(lambda: (matte.name, matte.group.input(0).fullName())) == ("Inner.Matte1", "Inner.plate2")
assert threading.current_thread() is not threading.main_thread()
