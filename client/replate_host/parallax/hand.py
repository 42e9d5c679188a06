"""How a hand sways that holds the camera: the server's `move` with `handheld`, as expressions.

Sines between a slow and a fast frequency, as strong as they are slow, which is a spectrum of 1/f^2; their mean
square is 1, and at the first frame the camera is at rest. The numbers are those of
`replate_server.operations.move.moves`; the tests hold both to each other.
"""

from __future__ import annotations

import math
import random

AXES = ("sway_x", "sway_y", "sway_z", "sway_tilt", "sway_pan", "sway_roll")
"""Place right, up and back, and turn, each to be scaled by the move."""

_WAVES = 7
_SLOWEST, _FASTEST = 0.12, 1.7
"""Hertz."""


def sway(seed: int, loop: float | None = None) -> dict[str, str]:
    """By axis, its expression in `hand.seconds`, the time since the first frame.

    `loop` is the length in seconds after which it begins anew; None where it goes on and on.
    """
    drawn = random.Random(seed)
    factors, phases = (
        [[drawn.uniform(low, high) for _ in range(_WAVES)] for _ in AXES] for low, high in ((0.85, 1.15), (0, math.tau))
    )
    return {axis: _waves(*drawn_for, loop) for axis, drawn_for in zip(AXES, zip(factors, phases))}


def _waves(factors: list[float], phases: list[float], loop: float | None) -> str:
    ratio = (_FASTEST / _SLOWEST) ** (1 / (_WAVES - 1))
    hertz = [_SLOWEST * ratio**wave * factor for wave, factor in enumerate(factors)]
    if loop:
        hertz = [max(round(each * loop), 1) / loop for each in hertz]
    strength = [1 / each for each in hertz]
    whole = math.sqrt(2 / sum(each * each for each in strength))
    strength = [each * whole for each in strength]
    begin = sum(amount * math.sin(phase) for amount, phase in zip(strength, phases))
    terms = (
        f"{amount:.10g}*sin({math.tau * each:.12g}*hand.seconds+{phase:.12g})"
        for amount, each, phase in zip(strength, hertz, phases)
    )
    return "+".join(terms) + f"-({begin:.10g})"
