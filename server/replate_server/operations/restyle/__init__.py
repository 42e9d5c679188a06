"""Restyle: the plate, painted in the manner of another picture."""
