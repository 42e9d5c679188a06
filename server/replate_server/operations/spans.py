"""A part of a window's work, told as a share of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replate_server.operations.contract import Cached, Steps, Tensor


@dataclass(frozen=True, slots=True)
class Span:
    """Steps whose 0 to 1 is `start` to `end` of those it stands in."""

    steps: Steps
    start: float
    end: float
    message: str = ""
    """Said with every progress that says nothing itself."""

    def progress(self, fraction: float, message: str = "") -> None:
        within = min(max(fraction, 0.0), 1.0)
        self.steps.progress(self.start + (self.end - self.start) * within, message or self.message)

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


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Steps of work of which only is known that it goes on."""

    steps: Steps
    message: str = ""
    """Said with every progress."""

    def progress(self, fraction: float, message: str = "") -> None:
        self.steps.progress(0.0, self.message)

    def check(self) -> None:
        self.steps.check()

    def preview(self, number: int, picture: Tensor) -> None:
        self.steps.preview(number, picture)

    def warn(self, message: str) -> None:
        self.steps.warn(message)

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        return self.steps.cached(key, compute)


@dataclass(slots=True)
class Rising:
    """Steps that never go back, though parts of the work take turns."""

    steps: Steps
    reached: float = 0.0

    def progress(self, fraction: float, message: str = "") -> None:
        self.reached = max(self.reached, fraction)
        self.steps.progress(self.reached, message)

    def check(self) -> None:
        self.steps.check()

    def preview(self, number: int, picture: Tensor) -> None:
        self.steps.preview(number, picture)

    def warn(self, message: str) -> None:
        self.steps.warn(message)

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        return self.steps.cached(key, compute)
