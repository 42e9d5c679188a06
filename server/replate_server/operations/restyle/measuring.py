"""What is measured of restyled frames, one after the other."""

from __future__ import annotations

from replate.frame import Figure
from replate_server.darkroom.figures import Pair, measured, measured_size
from replate_server.darkroom.manner import Manner, manner_of
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Steps, Tensor, Window
from replate_server.operations.flow.dis import Dis
from replate_server.operations.pictures import developed
from replate_server.operations.restyle.painting import style_size
from replate_server.operations.restyle.scenes import followed


class Measuring:
    """The figures of a window's frames, which come in rising order."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._style: Manner | None = None
        self._before: tuple[int, Pair] | None = None
        self._tracker = Dis()
        self._tracker.load({}, "cpu")

    def of(self, number: int, plate: Tensor, result: Tensor, steps: Steps) -> tuple[Figure, ...]:
        """A frame's: both pictures [height, width, 3] over its data window, display-referred.

        What changed is measured against the frame before where that came just before this one.
        """
        pair, before, motion = Pair.of(plate, result), None, None
        if self._before is not None and self._follows(number, self._before[0]):
            before = self._before[1]
            if before.plate.shape == pair.plate.shape:
                motion = followed(self._tracker, pair.plate, before.plate, steps)
        self._before = number, pair
        if self._style is None and self._window.has("style"):
            self._style = self._manner(number, steps)
        return measured(pair, before, motion, self._style)

    def _follows(self, number: int, before: int) -> bool:
        context = self._window.context
        return context.index(number) == context.index(before) + 1

    def _manner(self, number: int, steps: Steps) -> Manner:
        """The style's, at the size in which its strokes are painted, shrunk as the plate is."""
        box = self._window.frame("plate", number).spec.data_window
        width, height = style_size(self._window, number)
        scale = measured_size(box.width, box.height)[0] / box.width
        picture = developed(self._window, "style", number, steps).display
        sides = max(round(width * scale), 1), max(round(height * scale), 1)
        return manner_of(resize(picture, *sides, Nature.COLOUR))
