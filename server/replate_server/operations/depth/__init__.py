"""Depth: how far away everything is, through a shot."""
