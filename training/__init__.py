"""How the networks that ship with Replate were trained: nothing here is needed to run it."""
