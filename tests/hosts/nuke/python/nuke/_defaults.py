"""What a studio has knobs be where Nuke has them otherwise: `knobDefault`, from an init.py.

In Nuke no script says such a value, and every Nuke of the studio knows it; here a script says it, for the engine.
"""

from __future__ import annotations

from nuke._session import main_thread

_EVERY = "*"
_told: dict[tuple[str, str, str], str] = {}
"""By class of nodes, type of file ('' for any) and knob."""


@main_thread
def knobDefault(classknob: str, value: str | None = None) -> str | None:
    """Of "Write.exr.interleave", "Write.channels", "*.label" or "label". Gives the default where none is set."""
    *classes, name = classknob.split(".")
    key = (classes[0] if classes else _EVERY, classes[1] if len(classes) > 1 else "", name)
    if value is None:
        return _told.get(key)
    if not isinstance(value, str):
        raise TypeError("knobDefault takes the value as a script has it, a str")
    _told[key] = value
    return None


def of(kind: str, file: str, name: str) -> str | None:
    """The default of a knob of a class of nodes whose file is of a type; None for Nuke's own."""
    keys = ((kind, file, name), (kind, "", name), (_EVERY, "", name))
    return next((_told[key] for key in keys if key in _told), None)


def names() -> set[str]:
    """The knobs that have one somewhere."""
    return {name for _, _, name in _told}
