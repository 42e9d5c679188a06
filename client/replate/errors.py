"""What can go wrong, said to the artist.

One sentence each: what went wrong and what to do. Raised where the cause is
known; `replate.status` maps each class to one gRPC status and back.
"""


class ReplateError(Exception):
    """The root of all errors that an artist or a TD may see. Its text is one sentence."""


class BadRequest(ReplateError):
    """What was asked for cannot be: a wrong value, a plate that does not hold together."""


class NotFound(ReplateError):
    """What was named is not there: a file, a frame, a job, a model."""


class Unmet(ReplateError):
    """The request is fine, but something must be put right first: versions, weights, licences."""


class Denied(ReplateError):
    """The caller may not do this."""


class Unauthenticated(ReplateError):
    """The server does not know the caller."""


class Exhausted(ReplateError):
    """A limit is reached: disk, memory, open jobs, message size."""


class Damaged(ReplateError):
    """Bytes are not what they were announced to be."""


class Cancelled(ReplateError):
    """Somebody asked for it to stop."""


class Unavailable(ReplateError):
    """The server, a worker or a package registry cannot be reached just now."""


class Failed(ReplateError):
    """A fault of Replate's own, or of a model."""
