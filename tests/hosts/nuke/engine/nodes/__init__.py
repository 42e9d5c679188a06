"""The classes of nodes: a small function each, registered with the knobs it heeds."""

from engine.nodes import colouring, defocusing, joining, merging, passing, placing, reading, sources, writing
from engine.nodes.writing import write
from engine.space import nodes as space

__all__ = [
    "colouring",
    "defocusing",
    "joining",
    "merging",
    "passing",
    "placing",
    "reading",
    "sources",
    "space",
    "write",
    "writing",
]
