"""Layers: a plate taken apart in depth, back to front, and put together again from another place."""
