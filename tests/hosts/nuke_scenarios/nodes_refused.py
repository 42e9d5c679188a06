"""A node asked for by the menu's own function, where there is no agent, or no server."""

import nuke

from replate_nuke.nodes import all_nodes, menu

menu.create("depth")
assert all_nodes() == [] and nuke.allNodes() == []
