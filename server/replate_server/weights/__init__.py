"""Weight files: where they come from, what may be done with them, and that they are what they claim to be."""

from replate_server.weights.policy import Policy
from replate_server.weights.progress import Progress
from replate_server.weights.registry import Weight
from replate_server.weights.store import WeightStore

__all__ = ["Policy", "Progress", "Weight", "WeightStore"]
