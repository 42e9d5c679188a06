"""Matte: what stands out of the plate, as soft coverage, without a prompt."""
