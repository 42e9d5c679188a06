"""Guided patch synthesis: a picture put together from patches of a style, where guides say what goes where."""

from replate_server.operations.synthesis.engine import synthesize
from replate_server.operations.synthesis.problem import Field, Guide, Picture, Settings, Synthesis

__all__ = ["Field", "Guide", "Picture", "Settings", "Synthesis", "synthesize"]
