"""What can be set when a picture is taken apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knobs:
    """The settings of `separate`. Lengths follow the picture's size, so that a proxy is taken apart like the plate."""

    count: int = 0
    """Layers in all, 1 to 16; 0 proposes a number."""
    softness: float = 1.0
    """How wide a layer's edge may be: 1 is a band of 0.4 % of the picture's width on either side; 0 is hard."""
    step: float = 0.05
    """The step of nearness (1/Z) that is an edge, in parts of the shot's whole depth. Less finds more regions."""
    resolution: int = 320
    """The longer side, in pixels, at which regions are sought; more finds thinner ones."""
    grow: float = 1.0
    """How far around what is nearer no colour is taken for what is behind it: 1 is 0.4 % of the picture's width."""

    def edge(self, width: int) -> int:
        """Pixels on either side of an edge in which it may be soft, in a picture of this width."""
        return round(self.softness * _scale(width)) if self.softness > 0 else 0

    def margin(self, width: int) -> int:
        """Pixels by which holes are larger than what leaves them, in a picture of this width."""
        return max(round(self.grow * _scale(width)), 1)


USUAL = Knobs()


def _scale(width: int) -> float:
    return max(0.004 * width, 1.5)
