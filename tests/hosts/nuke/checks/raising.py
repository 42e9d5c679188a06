"""`with raises(ValueError, "words"): ...` for files that run inside Nuke, where there is no pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raises(kind: type[BaseException], words: str = "") -> Iterator[None]:
    try:
        yield
    except kind as error:
        assert words in str(error), f"{error!r} does not say {words!r}"
        return
    raise AssertionError(f"nothing was raised, and {kind.__name__} should have been")
