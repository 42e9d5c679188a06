"""A scene as Nuke's classic 3D nodes, said as plain data: the plugin builds nodes from it, and `scene.nk` is written
from it. Standard library only, and nothing of Nuke.
"""

from .controls import BUILT, controls, layer_controls, record
from .hand import sway
from .motion import LOOP, OWN, plate_distance
from .network import OUTPUT, nodes
from .nodes import Control, Node

__all__ = [
    "BUILT",
    "LOOP",
    "OUTPUT",
    "OWN",
    "Control",
    "Node",
    "controls",
    "layer_controls",
    "nodes",
    "plate_distance",
    "record",
    "sway",
]
