"""Draws the plugin's icons: `python docs/draw_icons.py` writes nuke_plugin/icons/*.png, 24 x 24, for a dark menu."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, FINE = 24, 16
"""Pixels of an icon, and how much finer it is drawn."""

LIGHT, DIM = (226, 228, 230), (128, 134, 140)
ORANGE, TEAL, GREEN, VIOLET, GOLD, BLUE = (
    (232, 128, 72),
    (74, 178, 196),
    (128, 190, 96),
    (184, 128, 204),
    (222, 178, 74),
    (112, 156, 214),
)

Colour = tuple[int, int, int]
Spot = tuple[float, float]


class Sheet:
    """A transparent square of 24 units, drawn on with units of its own."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIZE * FINE, SIZE * FINE))
        self._draw = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, r: float, b: float, fill: Colour | None = None, line: Colour | None = None
    ) -> None:
        corners = [x * FINE, y * FINE, r * FINE, b * FINE]
        self._draw.rounded_rectangle(corners, 1.6 * FINE, fill, line, int(1.6 * FINE) if line else 0)

    def disc(self, x: float, y: float, radius: float, fill: Colour | None) -> None:
        self._draw.ellipse([(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE], fill)

    def path(self, spots: list[Spot], colour: Colour, width: float = 1.8) -> None:
        """A line with round ends."""
        for (x0, y0), (x1, y1) in pairwise(spots):
            steps = max(2, int(math.hypot(x1 - x0, y1 - y0) * 8))
            for step in range(steps + 1):
                self.disc(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, width / 2, colour)

    def area(self, spots: list[Spot], fill: Colour | None) -> None:
        self._draw.polygon([(x * FINE, y * FINE) for x, y in spots], fill)

    def clear(self, x: float, y: float, radius: float) -> None:
        self._draw.ellipse(
            [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE], (0, 0, 0, 0)
        )

    def save(self, path: Path) -> None:
        self.image.resize((SIZE, SIZE), Image.Resampling.BOX).save(path, optimize=True)


def replate(on: Sheet) -> None:
    """A frame, and the same frame made anew in front of it."""
    on.box(2, 3, 16, 15, line=DIM)
    on.box(7, 8, 22, 21, fill=ORANGE)
    on.area([(9, 19), (13.2, 12.6), (16, 16.4), (17.6, 14.4), (20.4, 19)], LIGHT)


def restyle(on: Sheet) -> None:
    """A brush that paints a wave."""
    on.path([(3 + step / 8, 18.6 - 2.4 * math.sin(step / 8 * 0.82)) for step in range(120)], ORANGE, 3)
    on.path([(12, 12), (19.5, 4.5)], LIGHT, 3)
    on.path([(10.2, 13.8), (11.6, 12.4)], DIM, 3.4)


def depth(on: Sheet) -> None:
    """Hills, the nearer the brighter."""
    on.area([(2, 20), (9, 4), (16, 20)], (44, 92, 104))
    on.area([(6, 20), (15, 8), (22, 20)], TEAL)
    on.area([(2, 20), (7.5, 13.5), (13, 20)], LIGHT)
    on.path([(2.6, 20.4), (21.4, 20.4)], LIGHT, 1.2)


def segment(on: Sheet) -> None:
    """A point inside an object, and the dashes of its outline."""
    for part in range(8):
        turn = part * math.pi / 4
        on.path([_around(12, 12, 8.8, turn + step * 0.06) for step in range(8)], GREEN, 2)
    on.disc(12, 12, 3.2, LIGHT)


def matte(on: Sheet) -> None:
    """A figure, white on what is not it."""
    on.box(3, 2, 21, 22, fill=(40, 44, 48), line=GREEN)
    on.disc(12, 9.2, 3.5, LIGHT)
    on.area([(6.6, 20), (7.6, 15.6), (10, 13.8), (14, 13.8), (16.4, 15.6), (17.4, 20)], LIGHT)


def inpaint(on: Sheet) -> None:
    """A hole in a frame, and what fills it."""
    on.box(2, 3, 19, 20, fill=DIM)
    on.clear(13.5, 13.5, 7)
    on.disc(14.5, 14.5, 5.6, VIOLET)
    on.path([(14.5, 11.6), (14.5, 17.4)], LIGHT, 1.8)
    on.path([(11.6, 14.5), (17.4, 14.5)], LIGHT, 1.8)


def flow(on: Sheet) -> None:
    """Arrows that bend alike."""
    for row, (colour, end) in enumerate(((DIM, 18.0), (TEAL, 20.6), (LIGHT, 17.0))):
        y = 6.4 + 5.8 * row
        bend = [(3 + step * (end - 3) / 24, y - 2 * math.sin(step / 24 * math.pi)) for step in range(25)]
        on.path(bend, colour, 2)
        on.path([(end - 3.6, y - 2.6), (end, y), (end - 3.8, y + 1.6)], colour, 2)


def parallax(on: Sheet) -> None:
    """Cards, one behind the other."""
    for left, top, colour in ((10, 2.5, (96, 78, 36)), (6.2, 6, (166, 132, 54)), (2.4, 9.5, GOLD)):
        on.area([(left, top + 3), (left + 11, top), (left + 11, top + 9), (left, top + 12)], colour)
    on.path([(5.2, 18.2), (10.6, 16.7)], LIGHT, 1.6)


def upscale(on: Sheet) -> None:
    """A small frame and the larger one that it becomes."""
    on.box(3, 3, 21, 21, line=BLUE)
    on.box(3, 13, 11, 21, fill=LIGHT)
    on.path([(12, 12), (17, 7)], LIGHT, 1.8)
    on.path([(13.4, 7), (17, 7), (17, 10.6)], LIGHT, 1.8)


def _around(x: float, y: float, radius: float, turn: float) -> Spot:
    return x + radius * math.cos(turn), y + radius * math.sin(turn)


ICONS: dict[str, Callable[[Sheet], None]] = {
    "Replate": replate,
    "ReplateRestyle": restyle,
    "ReplateDepth": depth,
    "ReplateSegment": segment,
    "ReplateMatte": matte,
    "ReplateInpaint": inpaint,
    "ReplateFlow": flow,
    "ReplateParallax": parallax,
    "ReplateUpscale": upscale,
}


def main() -> None:
    folder = Path(__file__).resolve().parents[1] / "nuke_plugin" / "icons"
    for name, draw in ICONS.items():
        sheet = Sheet()
        draw(sheet)
        sheet.save(folder / f"{name}.png")


if __name__ == "__main__":
    main()
