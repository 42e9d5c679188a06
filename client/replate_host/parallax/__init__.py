"""A scene as Nuke's classic 3D nodes, said as plain data: the plugin builds nodes from it, and `scene.nk` is written
from it. Standard library only, and nothing of Nuke.
"""

from replate_host.parallax.controls import BUILT, controls
from replate_host.parallax.hand import sway
from replate_host.parallax.motion import LOOP, OWN, plate_distance
from replate_host.parallax.network import OUTPUT, nodes
from replate_host.parallax.nodes import Control, Node

__all__ = ["BUILT", "LOOP", "OUTPUT", "OWN", "Control", "Node", "controls", "nodes", "plate_distance", "sway"]
