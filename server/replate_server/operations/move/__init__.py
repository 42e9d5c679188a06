"""Layers seen by a camera that moves."""
