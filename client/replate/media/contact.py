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


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels, colours as sRGB."""

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
    pictures = [(label, _row(frames, layout.cell_width)) for label, frames in rows if frames]
    if not pictures:
        raise BadRequest(f"There are no frames to put on {path.name}: check the frame range.")
    heading = ImageFont.load_default(layout.text_size * 1.5)
    label_font, number_font = (
        ImageFont.load_default(layout.text_size),
        ImageFont.load_default(layout.small_size),
    )
    label_height, number_height = layout.text_size * 2, layout.small_size * 2
    top = layout.margin + (layout.text_size * 3 if title else 0)
    columns = max(len(cells) for _, cells in pictures)
    heights = [label_height + max(cell.height for _, cell in cells) + number_height for _, cells in pictures]
    width = 2 * layout.margin + columns * layout.cell_width + (columns - 1) * layout.gap
    height = top + sum(heights) + (len(heights) - 1) * layout.gap + layout.margin - layout.small_size
    sheet = Image.new("RGB", (width, height), layout.background)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((layout.margin, layout.margin), title, font=heading, fill=layout.text)
    y = top
    for (label, cells), row_height in zip(pictures, heights, strict=True):
        draw.text((layout.margin, y + layout.text_size * 0.3), label, font=label_font, fill=layout.text)
        for column, (number, cell) in enumerate(cells):
            x = layout.margin + column * (layout.cell_width + layout.gap)
            sheet.paste(cell, (x, y + label_height))
            draw.rectangle(
                (x - 1, y + label_height - 1, x + cell.width, y + label_height + cell.height),
                outline=layout.edge,
            )
            under = (x, y + label_height + cell.height + layout.small_size * 0.4)
            draw.text(under, str(number), font=number_font, fill=layout.faint)
        y += row_height + layout.gap
    with written_beside(path) as temporary:
        sheet.save(temporary, format="PNG")


def _row(frames: Sequence[Frame], width: int) -> list[tuple[int, Image.Image]]:
    reach = max((reach_of(frame) for frame in frames if _moves(frame)), default=None)
    return [(frame.spec.number, _cell(frame, width, reach)) for frame in frames]


def _moves(frame: Frame) -> bool:
    return {"u", "v"} <= {name.rpartition(".")[2] for name in frame.spec.channels}


def _cell(frame: Frame, width: int, reach: float | None) -> Image.Image:
    picture = np.ascontiguousarray(picture_of(frame, reach))
    height = round(width * picture.shape[0] / (picture.shape[1] * frame.spec.pixel_aspect))
    return Image.fromarray(picture).resize((width, max(1, height)), Image.Resampling.LANCZOS)
