"""A plate as a scene: built, rigged, moved, exchanged."""
