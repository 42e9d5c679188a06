"""Weights: where they come from, what may be done with them, and that they are what they claim to be."""

from replate_server.weights.policy import Policy
from replate_server.weights.progress import Progress
from replate_server.weights.store import WeightStore
from replate_server.weights.weight import Weight

__all__ = ["Policy", "Progress", "Weight", "WeightStore"]
