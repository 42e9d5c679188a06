"""A contact sheet: rows of frames with their names, as one PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from replate.errors import BadRequest
from replate.frame import Frame
from replate.media.viewing import picture_of, reach_of
from replate.media.writing import written_beside

_Cells = tuple[str, list[tuple[int, Image.Image]]]
"""A row's caption, and its cells with the numbers of their frames."""


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
    lines = _lines([(label, _row(frames, layout.cell_width)) for label, frames in rows if frames], layout.columns)
    if not lines:
        raise BadRequest(f"There are no frames to put on {path.name}: check the frame range.")
    pen = _Pen(layout)
    top = layout.margin + (layout.text_size * 3 if title else 0)
    heights = [pen.over + max(cell.height for _, cells in line for _, cell in cells) + pen.under for line in lines]
    columns = max(sum(len(cells) for _, cells in line) for line in lines)
    width = 2 * layout.margin + columns * layout.cell_width + (columns - 1) * layout.gap
    height = top + sum(heights) + (len(heights) - 1) * layout.gap + layout.margin - layout.small_size
    sheet = Image.new("RGB", (width, height), layout.background)
    if title:
        pen.write(sheet, title, layout.margin, layout.margin, 1.5)
    y = top
    for line, line_height in zip(lines, heights, strict=True):
        x = layout.margin
        for label, cells in line:
            pen.write(sheet, label, x, y + layout.text_size * 0.3)
            for number, cell in cells:
                pen.paste(sheet, number, cell, x, y)
                x += layout.cell_width + layout.gap
        y += line_height + layout.gap
    with written_beside(path) as temporary:
        sheet.save(temporary, format="PNG")


class _Pen:
    """Puts captions and cells on a sheet."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.over, self.under = layout.text_size * 2, layout.small_size * 2
        """How high what stands over and under a cell is."""

    def write(self, sheet: Image.Image, text: str, x: float, y: float, scale: float = 1.0) -> None:
        font = ImageFont.load_default(self._layout.text_size * scale)
        ImageDraw.Draw(sheet).text((x, y), text, font=font, fill=self._layout.text)

    def paste(self, sheet: Image.Image, number: int, cell: Image.Image, x: int, y: int) -> None:
        """A cell and its number, under where its row's caption is."""
        layout, draw, top = self._layout, ImageDraw.Draw(sheet), y + self.over
        sheet.paste(cell, (x, top))
        draw.rectangle((x - 1, top - 1, x + cell.width, top + cell.height), outline=layout.edge)
        place = (x, top + cell.height + layout.small_size * 0.4)
        draw.text(place, str(number), font=ImageFont.load_default(layout.small_size), fill=layout.faint)


def _lines(rows: Sequence[_Cells], columns: int) -> list[list[_Cells]]:
    lines: list[list[_Cells]] = []
    for row in rows:
        if lines and sum(len(cells) for _, cells in (*lines[-1], row)) <= columns:
            lines[-1].append(row)
        else:
            lines.append([row])
    return lines


def _row(frames: Sequence[Frame], width: int) -> list[tuple[int, Image.Image]]:
    reach = max((reach_of(frame) for frame in frames if _moves(frame)), default=None)
    return [(frame.spec.number, _cell(frame, width, reach)) for frame in frames]


def _moves(frame: Frame) -> bool:
    return {"u", "v"} <= {name.rpartition(".")[2] for name in frame.spec.channels}


def _cell(frame: Frame, width: int, reach: float | None) -> Image.Image:
    picture = np.ascontiguousarray(picture_of(frame, reach))
    height = round(width * picture.shape[0] / (picture.shape[1] * frame.spec.pixel_aspect))
    return Image.fromarray(picture).resize((width, max(1, height)), Image.Resampling.LANCZOS)
