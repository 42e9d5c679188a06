"""What the artist points at, and the mattes that come of it."""
