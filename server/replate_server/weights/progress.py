"""Saying how far a fetch, a check or a copy has come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

Progress = Callable[[float, str], None]
"""Takes a fraction, 0 to 1, and what is happening; raises `Cancelled` to stop it."""

Tick = Callable[[int], None]
"""Takes the bytes handled since the last call; may raise to stop."""


_TELLING = 5.0
"""Seconds after which a pace is known."""


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


def watcher(
    progress: Progress, message: str, folder: Path, total: int, taken: Callable[[Iterable[int]], int] = max
) -> Callable[[], None]:
    """Tells a download's progress by the largest file in a folder: that is it, whatever tool is at work.

    With `taken` = sum, by all of them.
    """

    def watch() -> None:
        sizes = [0]
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(FileNotFoundError):
                    sizes.append((Path(place) / name).stat().st_size)
        progress(min(1.0, taken(sizes) / total), message)

    return watch


def in_words(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Progress:
    """Progress told in a sentence: what happens, how much of it is done, and about how long it will still take."""
    began = clock()
    doing = ""

    def progress(fraction: float, message: str) -> None:
        nonlocal began, doing
        if message != doing:
            began, doing = clock(), message
        if not 0 < fraction < 1:
            say(message)
            return
        passed = clock() - began
        left = f", about {_span(passed / fraction - passed)} left" if passed > _TELLING else ""
        say(f"{message}: {fraction:.0%}{left}")

    return progress


def readable(size: int) -> str:
    """A number of bytes for people: 135 MB."""
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        del units[0]
    return f"{amount:.3g} {units[0]}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
