"""How a hand sways that holds the camera: the server's `move` with `handheld`, as waves and as Nuke's expressions.

Sines between a slow and a fast frequency, as strong as they are slow, which is a spectrum of 1/f^2; their mean
square is 1, and at the first frame the camera is at rest. The numbers are those of
`replate_server.operations.move.moves`; the tests hold both to each other.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

AXES = ("sway_x", "sway_y", "sway_z", "sway_tilt", "sway_pan", "sway_roll")
"""Place right, up and back, and turn, each to be scaled by the move."""

SWAY, TURN = 0.1, 0.05
"""Of a move's amount: how far a hand strays, of the pivot's distance, and how far it turns, in radians."""

SCALES = {
    "sway_x": SWAY,
    "sway_y": SWAY,
    # A hand moves the camera less along the view than across it, and rolls it less than it turns it.
    "sway_z": SWAY * 0.5,
    "sway_tilt": TURN,
    "sway_pan": TURN,
    "sway_roll": TURN * 0.4,
}
"""By axis, what a sway of 1 is of a move's amount; of places, in pivot's distances, and of turns, in radians."""

_WAVES = 7
_SLOWEST, _FASTEST = 0.12, 1.7
"""Hertz."""


class Wave(NamedTuple):
    """amount * sin(2 pi hertz seconds + phase)"""

    amount: float
    hertz: float
    phase: float


def waves(seed: int, loop: float | None = None) -> Mapping[str, Sequence[Wave]]:
    """By axis, the waves of its sway; less what they are at the beginning, they are the sway.

    `loop` is the length in seconds after which it begins anew; None where it goes on and on.
    """
    drawn = random.Random(seed)
    factors, phases = (
        [[drawn.uniform(low, high) for _ in range(_WAVES)] for _ in AXES] for low, high in ((0.85, 1.15), (0, math.tau))
    )
    return {axis: _waves(*drawn_for, loop) for axis, drawn_for in zip(AXES, zip(factors, phases))}


def sway(seed: int, loop: float | None = None) -> dict[str, str]:
    """By axis, its expression in `hand.seconds`, the time since the first frame; `loop` as in `waves`."""
    return {axis: _expression(found) for axis, found in waves(seed, loop).items()}


def _waves(factors: list[float], phases: list[float], loop: float | None) -> list[Wave]:
    ratio = (_FASTEST / _SLOWEST) ** (1 / (_WAVES - 1))
    hertz = [_SLOWEST * ratio**wave * factor for wave, factor in enumerate(factors)]
    if loop:
        hertz = [max(round(each * loop), 1) / loop for each in hertz]
    strength = [1 / each for each in hertz]
    whole = math.sqrt(2 / sum(each * each for each in strength))
    return [Wave(amount * whole, each, phase) for amount, each, phase in zip(strength, hertz, phases)]


def _expression(found: Sequence[Wave]) -> str:
    begin = sum(wave.amount * math.sin(wave.phase) for wave in found)
    terms = (f"{wave.amount:.10g}*sin({math.tau * wave.hertz:.12g}*hand.seconds+{wave.phase:.12g})" for wave in found)
    return "+".join(terms) + f"-({begin:.10g})"
