"""A shot as it is looked at: its frames in one box, at the plate's size and small."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from replate.frame import Box
from replate_server.darkroom.development import develop
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Cached, Steps, Tensor, Window
from replate_server.operations.pictures import same_windows

_SMALL = 640
"""The long side at which frames are followed: DIS finds what moves here, and a 4K shot fits into memory."""


class Shot:
    """The frames of a window. Nothing of them is kept but the last picture."""

    def __init__(self, window: Window, role: str, steps: Steps) -> None:
        self.window, self._role, self._steps = window, role, steps
        first, *others = (window.frame(role, number) for number in window.context)
        for other in others:
            same_windows(first, other, f"frame {other.spec.number}")
        self.numbers: Sequence[int] = window.context
        self.box = reduce(Box.union, (other.spec.data_window for other in others), first.spec.data_window)
        self._last: tuple[int, Tensor] | None = None

    def picture(self, number: int) -> Tensor:
        """A frame as a model sees it, [height, width, 3] over `box`: beyond its data window the edge goes on."""
        if self._last is None or self._last[0] != number:
            frame = self.window.frame(self._role, number)
            display = develop(frame, self.window.colour_config).display
            self._last = number, reframe(display, frame.spec.data_window, self.box, "edge")
        return self._last[1]

    def small(self, number: int) -> Tensor:
        """A frame to be followed by, [rows, columns, 3] in steps of 8 bits, 640 pixels long at most."""
        kept = self._steps.cached(f"small 1 {self.key(number)}", lambda: self._shrunk(number))
        return np.asarray(kept["small"], np.float32) / np.float32(255)

    def key(self, number: int) -> str:
        """Names all that a frame's picture depends on."""
        return picture_key(self.window, self._role, number, self.box)

    def _shrunk(self, number: int) -> Cached:
        height, width = self.box.height, self.box.width
        scale = min(_SMALL / max(height, width), 1.0)
        columns, rows = max(round(width * scale), 1), max(round(height * scale), 1)
        small = resize(self.picture(number), columns, rows, Nature.COLOUR)
        return {"small": np.rint(small * 255.0).clip(0, 255).astype(np.uint8)}


def picture_key(window: Window, role: str, number: int, box: Box) -> str:
    """Names all that the picture of a frame over a box depends on."""
    spec = window.frame(role, number).spec
    return (
        f"{window.digest(role, number)} {spec.data_window} {box} {spec.pixel_type.value} "
        f"{','.join(spec.channels)} {spec.colour_space} {window.colour_config}"
    )
