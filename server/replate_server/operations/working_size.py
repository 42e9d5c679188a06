"""The size at which a model sees a plate."""

from __future__ import annotations

from itertools import product
from math import ceil, floor, log, sqrt


def working_size(width: int, height: int, pixels: int, multiple: int, minimum: int) -> tuple[int, int]:
    """Width and height that a picture is brought to for a model that is good at so many `pixels`.

    Sides are multiples of `multiple` and at least `minimum`. A plate that has no more pixels than that keeps its size,
    but for being rounded up; another is made smaller, to the size within `pixels` whose proportions are nearest to the
    plate's. What is left of a difference, some per cent at most for a plate of common size, is a squeeze that is undone
    with the enlarging.
    """
    least = max(ceil(minimum / multiple), 1)
    if width * height <= pixels:
        return max(ceil(width / multiple), least) * multiple, max(ceil(height / multiple), least) * multiple
    scale = sqrt(pixels / (width * height)) / multiple
    sides = [(max(floor(side * scale), least), max(ceil(side * scale), least)) for side in (width, height)]
    fitting = [pair for pair in product(*sides) if pair[0] * pair[1] * multiple**2 <= pixels]
    across, down = min(
        fitting or [(sides[0][0], sides[1][0])], key=lambda pair: abs(log(pair[0] * height / (pair[1] * width)))
    )
    return across * multiple, down * multiple
