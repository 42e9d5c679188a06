"""A scene as Nuke's classic 3D nodes, said as plain data: the plugin builds nodes from it, and `scene.nk` is written
from it. Standard library only, and nothing of Nuke.
"""

from replate_host.parallax.controls import controls
from replate_host.parallax.network import PICTURE, nodes
from replate_host.parallax.nodes import Control, Node

__all__ = ["PICTURE", "Control", "Node", "controls", "nodes"]
