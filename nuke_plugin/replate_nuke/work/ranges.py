"""Frames as they are written: "1001", "1001-1010", "1001-1010x2", with spaces or commas between."""

from __future__ import annotations

import re


def parsed(text: str) -> list[range]:
    found = re.findall(r"(-?\d+)(?:-(-?\d+))?(?:x(\d+))?", text)
    return [range(int(first), int(last or first) + 1, int(step or 1)) for first, last, step in found]
