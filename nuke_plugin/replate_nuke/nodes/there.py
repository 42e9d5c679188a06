"""Which frames of a result are there: a curve of 0 and 1 that the script itself carries."""

from __future__ import annotations

from collections.abc import Iterable

import nuke


def put(knob: nuke.Knob, frames: Iterable[int]) -> None:
    """Makes the knob 1 at these frames and 0 at all others."""
    keys = [f"x{frame} {value}" for frame, value in _keys(sorted(set(frames)))]
    knob.fromScript(f"{{curve K {' '.join(keys)}}}" if keys else "0")


def frames(knob: nuke.Knob) -> set[int]:
    """The frames at which the knob is 1."""
    keys = sorted(knob.getKeyList()) if knob.isAnimated() else []
    spans = zip(keys, keys[1:])
    return {frame for first, end in spans if knob.getValueAt(first) for frame in range(int(first), int(end))}


def _keys(frames: list[int]) -> list[tuple[int, int]]:
    """A key where a run of frames begins and one after its end; first a 0, because a curve holds backwards, too."""
    keys = [(frames[0] - 1, 0)] if frames else []
    for frame in frames:
        if frame - 1 not in frames:
            keys.append((frame, 1))
        if frame + 1 not in frames:
            keys.append((frame + 1, 0))
    return keys
