"""Plates side by side, to choose from: as a contact sheet, and as a movie in which the same frames stand together."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from replate.errors import BadRequest
from replate.media.contact import Cells, Layout, Plan, cell_of, moves, save
from replate.media.metadata import rate_of
from replate.media.movie_writing import write_pictures
from replate.media.plates import Plate
from replate.media.viewing import Picture, reach_of

Shown = Sequence[tuple[str, Plate]]
"""Plates with what stands above them."""

_WIDEST, _HIGHEST = 3840, 2160
_CELLS = (640, 560, 480, 400, 340, 280, 240, 200, 160)
"""Widths that a cell of 16:9 may have; of other shapes it has the same area."""
_LONG_ROWS = 6
"""So many plates, at most, show their first, middle and last frame on a sheet; more of them the middle one alone."""
_RATE = 24
"""Frames a second where the frames do not say."""


def write_sheet(path: str | Path, shown: Shown, *, title: str = "") -> None:
    """Writes a PNG of the plates, first to last: first, middle and last frame, or of many plates the middle one.

    A frame that a plate has not is left blank. Raises `BadRequest` where there is nothing to show.
    """
    path, numbers = Path(path), _numbers(shown, path)
    middle = numbers[(len(numbers) - 1) // 2]
    few = len(shown) <= _LONG_ROWS
    picked = sorted({numbers[0], middle, numbers[-1]}) if few else [middle]
    layout = Layout(columns=len(picked)) if len(picked) > 1 else _grid(shown, title)
    reach = _reach(shown, middle)
    rows = [(label, [_cell(plate, number, layout.cell_width, reach) for number in picked]) for label, plate in shown]
    save(Plan(rows, layout, title).drawn(rows), path)


def write_side_by_side(
    path: str | Path,
    shown: Shown,
    *,
    fps: float | Fraction | None = None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Writes an H.264 movie: a grid of the plates, in each of its pictures the same frame of all, each with its name.

    However many there are, it is 3840 x 2160 at most.
    fps: of the plates when every frame is there; None for what the first says, or 24. Of every Nth frame the
      movie shows so many fewer a second, one at least, so that things move as fast as they do.
    before: called before each picture; what it raises ends the writing.
    Raises `BadRequest` where there is nothing to show, and what reading raises.
    """
    path, numbers = Path(path), _numbers(shown, path)
    first = shown[0][1]
    rate = Fraction(fps or rate_of(first.spec(first.numbers[0]).metadata) or _RATE)
    step = min((after - before for before, after in pairwise(numbers)), default=1)
    write_pictures(path, _pictures(shown, numbers, before), max(rate / step, Fraction(1)))


def _pictures(shown: Shown, numbers: Sequence[int], before: Callable[[], None]) -> Iterator[Picture]:
    layout = _grid(shown, "")
    reach = _reach(shown, numbers[(len(numbers) - 1) // 2])
    plan: Plan | None = None
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="replate-cell") as threads:
        for number in numbers:
            before()

            def cells(each: tuple[str, Plate], number: int = number) -> Cells:
                return each[0], [_cell(each[1], number, layout.cell_width, reach)]

            rows = list(threads.map(cells, shown))
            plan = plan or Plan(rows, layout)
            yield np.asarray(plan.drawn(rows))


def _numbers(shown: Shown, path: Path) -> list[int]:
    """The frames that any of the plates has, rising."""
    numbers = sorted({number for _, plate in shown for number in plate.numbers})
    if not numbers:
        raise BadRequest(f"There are no frames to put on {path.name}: check the frame range.")
    return numbers


def _cell(plate: Plate, number: int, width: int, reach: float | None) -> tuple[int | None, Image.Image]:
    if number in plate.numbers:
        return number, cell_of(plate.read(number), width, reach)
    return None, Image.new("RGB", (width, round(width / _aspect(plate))))


def _reach(shown: Shown, number: int) -> float | None:
    """How far motion goes, so that one colour is one motion in all of the plates; None where nothing is motion."""
    moving = [plate for _, plate in shown if number in plate.numbers and moves(plate.spec(number))]
    return max((reach_of(plate.read(number)) for plate in moving), default=None)


def _aspect(plate: Plate) -> float:
    """How wide it is as it is looked at, against its height."""
    spec = plate.spec(plate.numbers[0])
    return spec.display_window.width * spec.pixel_aspect / spec.display_window.height


def _grid(shown: Shown, title: str) -> Layout:
    """The grid whose cells are the largest; of those the one that is most like a screen, and has least left empty."""
    aspect = _aspect(shown[0][1])
    found: list[tuple[int, float, Layout]] = []
    for columns in range(1, len(shown) + 1):
        for size in _CELLS:
            width = max(80, round(size * math.sqrt(aspect * 9 / 16)))
            text = min(max(width // 16, 15), 26)
            layout = Layout(columns, width, gap=10, margin=16, text_size=text, small_size=max(11, text * 2 // 3))
            blank = Image.new("L", (width, max(1, round(width / aspect))))
            plan = Plan([(label, [(None, blank)]) for label, _ in shown], layout, title)
            if (plan.width <= _WIDEST and plan.height <= _HIGHEST) or size == _CELLS[-1]:
                empty = -len(shown) % columns / len(shown)
                found.append((-size, abs(math.log(plan.width / plan.height * 9 / 16)) + empty, layout))
                break
    return min(found, key=lambda each: each[:2])[2]
