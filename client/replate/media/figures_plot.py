"""What was measured of a plate's frames, drawn over their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from replate.errors import BadRequest
from replate.figures import DRIFT, ERROR, JOIN, PLATE_ERROR, STRUCTURE, STYLE, Look, Summary, looks_told
from replate.media.contact import Layout, save

Colour = tuple[int, int, int]
Curve = Mapping[int, float]

_WIDTH, _PANEL = 960, 150
_LEFT, _RIGHT, _TOP, _GAP = 64, 28, 24, 58
_FINER = 2
"""PIL draws lines without smoothing, so the plot is drawn larger."""
_RESULT: Colour = (92, 178, 255)
_MARK: Colour = (255, 154, 66)
_TICKS = 8


@dataclass(frozen=True, slots=True)
class _Panel:
    figure: str
    title: str
    curves: Sequence[tuple[Curve, Colour]]
    top: float


def plot_figures(summary: Summary, path: str | Path, *, title: str = "") -> None:
    """Writes a PNG: a panel for each figure over the frames' numbers, the frames that deserve a look marked.

    Warping errors are drawn as what is seen of them, their square root. Raises `BadRequest` for fewer than two frames.
    """
    path = Path(path)
    if len(summary.frames) < 2:
        raise BadRequest(f"There are too few frames to draw {path.name}: a plot is of two at least.")
    layout = Layout()
    panels = [panel for panel in _panels(summary, layout) if any(curve for curve, _ in panel.curves)]
    height = _TOP + (40 if title else 0) + len(panels) * (_PANEL + _GAP) + (26 if summary.looks else 0)
    sheet = Image.new("RGB", (_WIDTH * _FINER, height * _FINER), layout.background)
    draw = ImageDraw.Draw(sheet)
    y = _TOP
    if title:
        _text(draw, (_LEFT, y), title, layout.text_size, layout.text)
        y += 40
    numbers = list(summary.frames)
    for panel in panels:
        _draw_panel(draw, panel, y, numbers, summary.looks, layout)
        y += _PANEL + _GAP
    if summary.looks:
        _text(draw, (_LEFT, y - 8), f"Worth a look: {looks_told(summary.looks)}", layout.small_size, _MARK)
    save(sheet.resize((_WIDTH, height), Image.Resampling.LANCZOS), path)


def _panels(summary: Summary, layout: Layout) -> Sequence[_Panel]:
    def curve(name: str, seen: bool = False) -> Curve:
        values = {number: each[name] for number, each in summary.frames.items() if name in each}
        return {number: sqrt(value) for number, value in values.items()} if seen else values

    errors = ((curve(PLATE_ERROR, True), layout.faint), (curve(ERROR, True), _RESULT))
    most = max((value for each, _ in errors for value in each.values()), default=0.0)
    style, drift = curve(STYLE), curve(DRIFT)
    joins = {number: summary.frames[number].get(JOIN, 0.0) for number in drift}
    return (
        _Panel(
            ERROR,
            "Change from frame to frame that is no motion; in grey the plate's own",
            errors,
            max(most, 0.01) * 1.1,
        ),
        _Panel(
            STYLE,
            "Distance from the style; the plate's is 1",
            ((style, _RESULT),),
            max(1.0, *style.values()) if style else 1.0,
        ),
        _Panel(STRUCTURE, "Structure kept of the plate", ((curve(STRUCTURE), _RESULT),), 1.0),
        _Panel(
            JOIN,
            "How far takes are apart where they join; in grey how far colours had drifted",
            ((drift, layout.faint), (joins, _RESULT)),
            max((0.05, *drift.values(), *joins.values())) * 1.1,
        ),
    )


def _draw_panel(
    draw: ImageDraw.ImageDraw, panel: _Panel, y: int, numbers: Sequence[int], looks: Sequence[Look], layout: Layout
) -> None:
    first, last = numbers[0], numbers[-1]
    bottom = y + _PANEL

    def place(number: float, value: float) -> tuple[float, float]:
        across = _LEFT + (number - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)
        return across * _FINER, (bottom - min(max(value / panel.top, 0), 1) * (_PANEL - 26)) * _FINER

    _text(draw, (_LEFT, y), panel.title, layout.small_size, layout.text)
    for value in (0.0, panel.top / 2, panel.top):
        left, level = place(first, value)
        draw.line((left, level, place(last, value)[0], level), fill=layout.edge, width=_FINER)
        label = f"{value:.2g}"
        _text(draw, (_LEFT - 8, level / _FINER - 8), label, layout.small_size, layout.faint, from_right=True)
    for number in _ticks(first, last):
        across = place(number, 0)[0] / _FINER
        _text(draw, (across, bottom + 6), str(number), layout.small_size, layout.faint, centred=True)
    marked = {look.number for look in looks if look.figure == panel.figure}
    for curve, colour in panel.curves:
        points = [place(number, value) for number, value in curve.items()]
        draw.line(points, fill=colour, width=2 * _FINER, joint="curve")
        if len(curve) < 2:
            for point in points:
                draw.circle(point, 3 * _FINER, fill=colour)
    for number in marked & panel.curves[-1][0].keys():
        draw.circle(place(number, panel.curves[-1][0][number]), 5 * _FINER, outline=_MARK, width=2 * _FINER)


def _ticks(first: int, last: int) -> Sequence[int]:
    """Round numbers among the frames, and the first."""
    step = next(
        step
        for power in range(12)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if last - first <= step * _TICKS
    )
    rounded = range(-(-first // step) * step, last + 1, step)
    return rounded if rounded[0] - first < step / 2 else [first, *rounded]


def _text(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: Colour,
    *,
    from_right: bool = False,
    centred: bool = False,
) -> None:
    anchor = "ra" if from_right else "ma" if centred else "la"
    font = ImageFont.load_default(size * _FINER)
    draw.text((at[0] * _FINER, at[1] * _FINER), text, font=font, fill=colour, anchor=anchor)
