"""A contact sheet: rows of frames with their names, as one picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from replate.errors import BadRequest
from replate.frame import Frame, FrameSpec
from replate.media.viewing import averaged, picture_of, reach_of
from replate.media.writing import written_beside

Cells = tuple[str, Sequence[tuple[int | None, Image.Image]]]
"""A row's caption, and its cells with the numbers of their frames; None where there is no frame."""

_MOST_LINES = 3
"""Of a caption; what does not fit into them ends in an ellipsis."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels, colours as sRGB."""

    columns: int = 0
    """Rows stand side by side where they fit into so many cells; 0 is each on a line of its own."""
    cell_width: int = 320
    gap: int = 12
    margin: int = 28
    text_size: int = 18
    small_size: int = 12
    background: tuple[int, int, int] = (22, 22, 24)
    edge: tuple[int, int, int] = (48, 48, 52)
    text: tuple[int, int, int] = (226, 226, 230)
    faint: tuple[int, int, int] = (130, 130, 138)


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Frame]]],
    path: str | Path,
    *,
    title: str = "",
    layout: Layout | None = None,
) -> None:
    """Writes a PNG: a row for each name and its frames, which are shown as `picture_of` shows them.

    Frames stand in columns, scaled to one width (pixel aspect counted in), each
    with its number; the frames of a row of motion share one colour wheel.
    Raises `BadRequest` where there is nothing to show.
    """
    layout = layout or Layout()
    path = Path(path)
    cells = [(label, _row(frames, layout.cell_width)) for label, frames in rows if frames]
    if not cells:
        raise BadRequest(f"There are no frames to put on {path.name}: check the frame range.")
    save(Plan(cells, layout, title).drawn(cells), path)


def cell_of(frame: Frame, width: int, reach: float | None = None) -> Image.Image:
    """A frame as a cell of a sheet: as `picture_of` shows it, so many pixels wide."""
    window = frame.spec.display_window
    picture = np.ascontiguousarray(picture_of(averaged(frame, window.width // width), reach))
    height = round(width * window.height / (window.width * frame.spec.pixel_aspect))
    return Image.fromarray(picture).resize((width, max(1, height)), Image.Resampling.LANCZOS)


def moves(spec: FrameSpec) -> bool:
    """Whether a frame is motion, which is shown on a colour wheel."""
    return {"u", "v"} <= {name.rpartition(".")[2] for name in spec.channels}


def save(sheet: Image.Image, path: Path) -> None:
    """Writes a PNG, whole or not at all."""
    with written_beside(path) as temporary:
        sheet.save(temporary, format="PNG")


class Plan:
    """Where everything stands on a sheet of cells of certain sizes. At least one row, each with at least one cell."""

    def __init__(self, rows: Sequence[Cells], layout: Layout, title: str = "") -> None:
        self._layout, self._title = layout, title
        self._lines = _lines(rows, layout.columns)
        self._top = layout.margin + (layout.text_size * 3 if title else 0)
        self._heights = [self._height(line) for line in self._lines]
        columns = max(sum(len(cells) for _, cells in line) for line in self._lines)
        self.width = 2 * layout.margin + columns * layout.cell_width + (columns - 1) * layout.gap
        gaps = (len(self._lines) - 1) * layout.gap
        self.height = self._top + sum(self._heights) + gaps + layout.margin - layout.small_size

    def drawn(self, rows: Sequence[Cells]) -> Image.Image:
        """The sheet of rows that have the captions, and the sizes, that it was planned for."""
        layout = self._layout
        sheet = Image.new("RGB", (self.width, self.height), layout.background)
        draw = ImageDraw.Draw(sheet)
        if self._title:
            font = ImageFont.load_default(layout.text_size * 1.5)
            draw.text((layout.margin, layout.margin), self._title, font=font, fill=layout.text)
        y = self._top
        for line, height in zip(_lines(rows, layout.columns), self._heights, strict=True):
            self._draw_line(sheet, draw, line, y)
            y += height + layout.gap
        return sheet

    def _draw_line(self, sheet: Image.Image, draw: ImageDraw.ImageDraw, line: Sequence[Cells], y: int) -> None:
        layout, x = self._layout, self._layout.margin
        top = y + self._over(line)
        large, small = (ImageFont.load_default(size) for size in (layout.text_size, layout.small_size))
        for label, cells in line:
            for place, text in enumerate(self._caption(label, len(cells))):
                draw.text((x, y + layout.text_size * (0.3 + 1.3 * place)), text, font=large, fill=layout.text)
            for number, cell in cells:
                sheet.paste(cell, (x, top))
                draw.rectangle((x - 1, top - 1, x + cell.width, top + cell.height), outline=layout.edge)
                if number is not None:
                    under = (x, top + cell.height + layout.small_size * 0.4)
                    draw.text(under, str(number), font=small, fill=layout.faint)
                x += layout.cell_width + layout.gap

    def _height(self, line: Sequence[Cells]) -> int:
        return (
            self._over(line) + max(cell.height for _, cells in line for _, cell in cells) + self._layout.small_size * 2
        )

    def _over(self, line: Sequence[Cells]) -> int:
        """How high the captions of a line are."""
        most = max(len(self._caption(label, len(cells))) for label, cells in line)
        return round(self._layout.text_size * (0.7 + 1.3 * max(1, most)))

    def _caption(self, label: str, cells: int) -> tuple[str, ...]:
        width = cells * self._layout.cell_width + (cells - 1) * self._layout.gap
        return _wrapped(label, self._layout.text_size, width)


def _lines(rows: Sequence[Cells], columns: int) -> list[list[Cells]]:
    lines: list[list[Cells]] = []
    for row in rows:
        if lines and sum(len(cells) for _, cells in (*lines[-1], row)) <= columns:
            lines[-1].append(row)
        else:
            lines.append([row])
    return lines


def _row(frames: Sequence[Frame], width: int) -> list[tuple[int | None, Image.Image]]:
    reach = max((reach_of(frame) for frame in frames if moves(frame.spec)), default=None)
    return [(frame.spec.number, cell_of(frame, width, reach)) for frame in frames]


@functools.lru_cache(4096)
def _wrapped(text: str, size: int, width: int) -> tuple[str, ...]:
    """A text in lines that are no wider than so many pixels, broken between words where that is possible."""
    font = ImageFont.load_default(size)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]} …"]
    return tuple(_cut(line, font, width) for line in lines)


def _cut(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    if font.getlength(line) <= width:
        return line
    kept = line.removesuffix(" …")
    while kept and font.getlength(f"{kept}…") > width:
        kept = kept[:-1]
    return f"{kept}…"
