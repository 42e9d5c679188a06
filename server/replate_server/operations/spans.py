"""A part of a window's work, told as a share of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replate_server.operations.contract import Cached, Steps, Tensor


@dataclass(slots=True)
class Span:
    """Steps whose 0 to 1 is `start` to `end` of those it stands in, and that never go back, though parts take turns.

    Of work of which is only known that it goes on, `start` and `end` are both 0.
    """

    steps: Steps
    start: float = 0.0
    end: float = 1.0
    message: str = ""
    """Said with every progress that says nothing itself."""
    title: str = ""
    """Said before what every progress says."""
    reached: float = 0.0
    """The most that was told."""

    def progress(self, fraction: float, message: str = "") -> None:
        self.reached = min(max(fraction, self.reached), 1.0)
        said = ": ".join(filter(None, (self.title, message or self.message)))
        self.steps.progress(self.start + (self.end - self.start) * self.reached, said)

    def check(self) -> None:
        self.steps.check()

    def preview(self, number: int, picture: Tensor) -> None:
        self.steps.preview(number, picture)

    def warn(self, message: str) -> None:
        self.steps.warn(message)

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        return self.steps.cached(key, compute)


def part(steps: Steps, index: int, count: int, message: str = "") -> Span:
    """One of `count` equal parts, counted from 0."""
    return Span(steps, index / count, (index + 1) / count, message)
