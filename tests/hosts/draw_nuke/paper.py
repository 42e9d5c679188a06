"""What the pictures are drawn on: type, boxes, arrows, photographs, in units that a page shows as a pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

PIXELS, KEPT = 4, 2
"""A unit's while it is drawn, and in the file: edges are smooth, and a page may show it at half its size."""

Colour = tuple[int, int, int]
Spot = tuple[float, float]

GROUND, PANEL, FIELD, EDGE = (43, 43, 43), (56, 56, 56), (38, 38, 38), (24, 24, 24)
BRIGHT, PLAIN, DIM, ORANGE, GREEN = (236, 236, 236), (200, 200, 200), (138, 138, 138), (232, 146, 70), (122, 184, 96)


@cache
def font(size: float, bold: bool = False, mono: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib; Nuke's own type is its cousin."""
    name = f"DejaVuSans{'Mono' if mono else ''}{'-Bold' if bold else ''}.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, round(size * PIXELS))


class Sheet:
    """A picture that is being drawn. Places and sizes are in units from its top left."""

    def __init__(self, width: float, height: float, ground: Colour = GROUND) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (round(width * PIXELS), round(height * PIXELS)), ground)
        self._draw = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour | None, line: Colour | None = None,
        radius: float = 0,
    ) -> None:  # fmt: skip
        corners = [round(each * PIXELS) for each in (x, y, x + width, y + height)]
        self._draw.rounded_rectangle(corners, round(radius * PIXELS), fill, line, PIXELS * 3 // 4 if line else 0)

    def disc(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self._draw.ellipse([round(each * PIXELS) for each in (x - radius, y - radius, x + radius, y + radius)], fill)

    def area(self, spots: Sequence[Spot], fill: Colour) -> None:
        self._draw.polygon([(x * PIXELS, y * PIXELS) for x, y in spots], fill)

    def line(self, spots: Sequence[Spot], colour: Colour, width: float = 1) -> None:
        self._draw.line([(x * PIXELS, y * PIXELS) for x, y in spots], colour, round(width * PIXELS), joint="curve")

    def arrow(self, begin: Spot, end: Spot, colour: Colour, size: float = 6) -> None:
        """Its head is at the end."""
        turn = math.atan2(end[1] - begin[1], end[0] - begin[0])
        wings = [
            (end[0] - size * math.cos(turn + side), end[1] - size * math.sin(turn + side)) for side in (-0.42, 0.42)
        ]
        self.line([begin, (end[0] - size / 2 * math.cos(turn), end[1] - size / 2 * math.sin(turn))], colour)
        self.area([end, *wings], colour)

    def text(
        self, x: float, y: float, said: str, colour: Colour = PLAIN, size: float = 9.5, *, bold: bool = False,
        mono: bool = False, anchor: str = "lm",
    ) -> None:  # fmt: skip
        """At a place that `anchor` names as Pillow does: "lm" is the left end of the line's middle."""
        self._draw.text((x * PIXELS, y * PIXELS), said, colour, font(size, bold, mono), anchor)

    def picture(self, x: float, y: float, image: Image.Image, width: float, line: Colour | None = EDGE) -> float:
        """Scaled to a width; gives the height it has."""
        height = width * image.height / image.width
        size = (round(width * PIXELS), round(height * PIXELS))
        fitted = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        self.image.paste(fitted, (round(x * PIXELS), round(y * PIXELS)))
        if line:
            self.box(x, y, width, height, None, line)
        return height

    def icon(self, x: float, y: float, image: Image.Image, size: float) -> None:
        """With what is transparent left out."""
        small = image.convert("RGBA").resize((round(size * PIXELS),) * 2, Image.Resampling.LANCZOS)
        self.image.paste(small, (round(x * PIXELS), round(y * PIXELS)), small)

    def inlay(self, x: float, y: float, other: Sheet, scale: float = 1.0) -> None:
        size = (round(other.image.width * scale), round(other.image.height * scale))
        self.image.paste(other.image.resize(size, Image.Resampling.LANCZOS), (round(x * PIXELS), round(y * PIXELS)))

    def finished(self) -> Image.Image:
        return self.image.reduce(PIXELS // KEPT)


def measured(said: str, size: float = 9.5, *, bold: bool = False, mono: bool = False) -> float:
    """How wide a line of text is."""
    return float(font(size, bold, mono).getlength(said)) / PIXELS


def wrapped(said: str, width: float, size: float = 9.5, *, mono: bool = False) -> list[str]:
    """Lines of at most a width."""
    lines = [""]
    for word in said.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and measured(longer, size, mono=mono) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
