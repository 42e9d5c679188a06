"""Acts of the artist's, which undo takes back and callbacks follow; and what Replate does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import nuke

_by_itself = 0


@contextmanager
def one_step(name: str) -> Iterator[None]:
    """What is done within is taken back at once, and sets off no callback of ours; all of it is done, or none."""
    nuke.Undo.begin(name)
    try:
        with _quiet():
            yield
    except BaseException:
        nuke.Undo.cancel()
        raise
    nuke.Undo.end()


@contextmanager
def unrecorded() -> Iterator[None]:
    """What is done within is no act of the artist's: a result that came, a status."""
    recording = not nuke.Undo.disabled()
    if recording:
        nuke.Undo.disable()
    try:
        with _quiet():
            yield
    finally:
        if recording:
            nuke.Undo.enable()


def by_artist() -> bool:
    """Whether a knob that changes just now was changed by the artist. Main thread only."""
    return _by_itself == 0


@contextmanager
def _quiet() -> Iterator[None]:
    global _by_itself
    _by_itself += 1
    try:
        yield
    finally:
        _by_itself -= 1
