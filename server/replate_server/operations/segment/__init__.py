"""Segment: mattes of what the artist points at, carried through the shot."""
