"""What a render fails with."""


class Refused(Exception):
    """One sentence: what is wrong in the script or on the disk, or what the stand-in does not know."""
