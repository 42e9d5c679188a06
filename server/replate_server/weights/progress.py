"""Saying how far a fetch, a check or a copy has come."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[float, str], None]
"""Takes a fraction, 0 to 1, and what is happening; raises `Cancelled` to stop it."""

Tick = Callable[[int], None]
"""Takes the bytes handled since the last call; may raise to stop."""


def silent(fraction: float, message: str) -> None:
    """For who does not want to know."""


def unwatched(size: int) -> None:
    """The `Tick` of who does not want to know."""


def part(progress: Progress, start: float, length: float) -> Progress:
    """Reports on a part of the whole."""
    return lambda fraction, message: progress(start + length * fraction, message)


def ticker(progress: Progress, message: str, total: int) -> Tick:
    """Turns bytes handled into a fraction of a total."""
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        progress(min(1.0, done / total), message)

    return tick


def watcher(progress: Progress, message: str, folder: Path, total: int) -> Callable[[], None]:
    """Tells a download's progress by the largest file in a folder: that is it, whatever tool is at work."""

    def watch() -> None:
        largest = 0
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    largest = max(largest, (Path(place) / name).stat().st_size)
                except FileNotFoundError:
                    continue
        progress(min(1.0, largest / total), message)

    return watch


def readable(size: int) -> str:
    """A number of bytes for people: 135 MB."""
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        del units[0]
    return f"{amount:.3g} {units[0]}"
