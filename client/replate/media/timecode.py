"""SMPTE timecode: as text, as a count of frames, and as picture files pack it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_TEXT = re.compile(r"(\d{1,2}):(\d\d):(\d\d)([:;.])(\d\d)")


@dataclass(frozen=True, slots=True)
class Timecode:
    """A time of day in frames, at a nominal rate (24, 25, 30), numbers dropped or not: SMPTE ST 12-1."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop: bool = False

    @classmethod
    def parse(cls, text: str) -> Timecode | None:
        """From "01:02:03:04", a semicolon before the frames where numbers are dropped; else None."""
        match = _TEXT.fullmatch(text.strip())
        if not match:
            return None
        hours, minutes, seconds, frames = (int(match[i]) for i in (1, 2, 3, 5))
        return cls(hours, minutes, seconds, frames, match[4] != ":")

    def later(self, frames: int, rate: Fraction) -> Timecode:
        """The timecode so many frames on, over midnight if need be."""
        nominal = max(1, round(rate))
        # Two numbers a minute at 30, four at 60, but none in every tenth minute.
        dropped = nominal // 15 if self.drop else 0
        per_minute = nominal * 60 - dropped
        per_ten = per_minute * 10 + dropped
        minutes = self.hours * 60 + self.minutes
        count = (minutes * 60 + self.seconds) * nominal + self.frames - dropped * (minutes - minutes // 10)
        count = (count + frames) % (per_ten * 144)
        tens, rest = divmod(count, per_ten)
        if dropped and rest >= nominal * 60:
            count += dropped * (9 * tens + (rest - dropped) // per_minute)
        else:
            count += dropped * 9 * tens
        seconds, frame = divmod(count, nominal)
        return Timecode(seconds // 3600, seconds // 60 % 60, seconds % 60, frame, self.drop)

    def packed(self) -> tuple[float, float]:
        """The attribute "smpte:TimeCode": two 32-bit words, binary-coded digits and user bits."""
        fields = (self.frames, self.seconds, self.minutes, self.hours)
        word = sum(((value // 10 << 4) | value % 10) << (8 * place) for place, value in enumerate(fields))
        return float(word | (int(self.drop) << 6)), 0.0

    def __str__(self) -> str:
        mark = ";" if self.drop else ":"
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frames:02d}"
