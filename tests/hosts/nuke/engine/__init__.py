"""Evaluates Nuke scripts, as far as Replate's nodes need it: a process of its own, beside the `nuke` of the stand-in.

Pictures are real: Reads read and Writes write EXRs. What a script says and the engine does not know is refused in
one sentence, never passed over. Where Nuke's own sources are public (the EXR reader and writer of its developer
kit), the engine does as they do; what was assumed instead is said at the place.
"""
