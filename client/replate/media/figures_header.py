"""What was measured of a frame, in a picture's header and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import OpenImageIO as oiio  # noqa: N813

from replate.errors import BadRequest
from replate.frame import MOST_FIGURES, Figure

PREFIX = "replate/figure/"


def put_figures(header: oiio.ImageSpec, figures: Iterable[Figure]) -> None:
    """Writes "replate/figure/warping_error" and the others, in 32 bits."""
    for figure in figures:
        header.attribute(f"{PREFIX}{figure.name}", float(figure.value))


def figures_of(attributes: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The figures in a header's attributes; what is none is left out."""
    found: list[Figure] = []
    for name, value in attributes.items():
        if name.startswith(PREFIX) and isinstance(value, float):
            with suppress(BadRequest):
                found.append(Figure(name.removeprefix(PREFIX), value))
    return tuple(found[:MOST_FIGURES])
