"""The depth network that ships: distilled from a teacher on photographs. `python -m training.depth` says how."""
