"""Animation curves as scripts keep them: `curve K x1001 1 x1002 0`.

Shared by the module that stands in for `nuke` and by the engine that renders; nothing but the standard library.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONSTANT, LINEAR, SMOOTH = "K", "L", "S"
"""How a curve goes on from a key. Smooth is what a key is that says nothing."""

_LETTERS = {"K": CONSTANT, "L": LINEAR, "S": SMOOTH, "C": SMOOTH, "i": SMOOTH, "I": SMOOTH}


class CurveError(ValueError):
    """The text is no curve, or one of a kind that is not evaluated here."""


@dataclass(frozen=True)
class Key:
    x: float
    y: float
    how: str = SMOOTH


@dataclass(frozen=True)
class Curve:
    """Keys in order of their frames."""

    keys: tuple[Key, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Curve:
        """Of "curve ...". Raises `CurveError`."""
        words = text.split()
        if not words or words[0] != "curve":
            raise CurveError(f"{text[:60]!r} is no curve")
        keys: dict[float, Key] = {}
        how, x, step = SMOOTH, 0.0, 1.0
        for word in words[1:]:
            if word in _LETTERS:
                how = _LETTERS[word]
            elif re.fullmatch(r"x-?[\d.]+(e[+-]?\d+)?", word):
                x, step = float(word[1:]), 0.0
            else:
                try:
                    y = float(word)
                except ValueError:
                    raise CurveError(f"a curve says {word!r}, which is not evaluated here") from None
                x += step
                keys[x] = Key(x, y, how)
                step = 1.0
        return cls.of(keys.values())

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Curve:
        return cls(tuple(sorted(keys, key=lambda key: key.x)))

    def text(self) -> str:
        """As a script says it, with "curve"."""
        words = ["curve"]
        how = SMOOTH
        for key in self.keys:
            if key.how != how:
                words.append(key.how)
                how = key.how
            words += [f"x{number(key.x)}", number(key.y)]
        return " ".join(words)

    def with_key(self, key: Key) -> Curve:
        """With that key, in the place of one on its frame."""
        return self.of([*(each for each in self.keys if each.x != key.x), key])

    def without(self, x: float) -> Curve:
        return Curve(tuple(each for each in self.keys if each.x != x))

    def at(self, frame: float) -> float:
        """Its value: before its first key and after its last one, theirs. Without keys 0."""
        if not self.keys:
            return 0.0
        place = bisect_right([key.x for key in self.keys], frame)
        if place == 0:
            return self.keys[0].y
        left = self.keys[place - 1]
        if place == len(self.keys) or left.x == frame or left.how == CONSTANT:
            return left.y
        right = self.keys[place]
        along = (frame - left.x) / (right.x - left.x)
        if left.how == LINEAR:
            return left.y + (right.y - left.y) * along
        span = right.x - left.x
        return _hermite(left.y, right.y, self._slope(place - 1) * span, self._slope(place) * span, along)

    def _slope(self, place: int) -> float:
        """A smooth key's: along its neighbours, and level where it is the highest or the lowest."""
        if place in (0, len(self.keys) - 1):
            return 0.0
        before, key, after = self.keys[place - 1 : place + 2]
        if (key.y - before.y) * (after.y - key.y) <= 0:
            return 0.0
        return (after.y - before.y) / (after.x - before.x)


def number(value: float) -> str:
    """A number as Nuke writes it."""
    return f"{value:.10g}"


def numbers(values: Sequence[float]) -> str:
    return " ".join(map(number, values))


def _hermite(low: float, high: float, out: float, into: float, along: float) -> float:
    squared, cubed = along**2, along**3
    return (
        (2 * cubed - 3 * squared + 1) * low
        + (cubed - 2 * squared + along) * out
        + (3 * squared - 2 * cubed) * high
        + (cubed - squared) * into
    )
