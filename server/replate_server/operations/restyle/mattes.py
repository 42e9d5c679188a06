"""Where a plate is restyled."""

from __future__ import annotations

from typing import cast

from replate_server.darkroom.matte import feather, matte_of
from replate_server.operations.contract import Tensor, Window
from replate_server.operations.pictures import same_windows

AREAS = ("subject", "world")
MATTE = ("area", "matte_feather")
"""Parameters that matter where there is a matte."""


def is_restyled(window: Window, number: int) -> bool:
    """Whether a frame's matte leaves anything to restyle; softening it changes nothing of that."""
    given = _given(window, number)
    return given is None or bool((given > 0 if _subject(window) else given < 1).any())


def matte(window: Window, number: int) -> Tensor | None:
    """Where the plate is restyled, [height, width] in [0,1] over its data window; None: everywhere."""
    given = _given(window, number)
    if given is None:
        return None
    soft = feather(given, float(cast(float, window.parameters["matte_feather"])))
    return soft if _subject(window) else 1 - soft


def _given(window: Window, number: int) -> Tensor | None:
    if not window.has("matte"):
        return None
    plate, frame = window.frame("plate", number), window.frame("matte", number)
    same_windows(plate, frame, "matte")
    return matte_of(frame, plate.spec.data_window)


def _subject(window: Window) -> bool:
    return window.parameters["area"] == AREAS[0]
