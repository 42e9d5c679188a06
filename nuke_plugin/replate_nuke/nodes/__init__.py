"""What a node of Replate's is: a Group with knobs from the catalog, and its results behind it."""

from __future__ import annotations

from replate_nuke.nodes.node import Node, Out, Pin, all_nodes

__all__ = ["Node", "Out", "Pin", "all_nodes"]
