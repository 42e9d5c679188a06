"""A frame painted by a model, for itself alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isqrt, sqrt
from typing import Any, Protocol, cast, runtime_checkable

from replate.values import Value
from replate_server.darkroom.geometry import pad
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.tiles import tiled
from replate_server.operations.contract import Model, Sizes, Steps, Tensor, Window
from replate_server.operations.pictures import checked, developed, whole_fits
from replate_server.operations.spans import Span

Pieces = Iterator[Tensor]

_LARGEST_STYLE = 16_000_000
"""Pixels beyond which a style is not enlarged."""


@runtime_checkable
class Restyler(Model, Protocol):
    """A model that paints a picture. Keyframes are carried on its `device`, if it keeps one of that name."""

    def look(self, style: Callable[[], Pieces], name: str, whole: Callable[[], Pieces] | None, steps: Steps) -> Any:
        """What `run` needs to know of the style and of the whole picture, so that tiles agree.

        `style` gives the style's picture at the scale in which it is to be seen, in pieces that the model takes and
        that do not overlap; `name` names it with its size, and what was found out of it may be kept under that name. A
        model that needs a style says so on its card: without one `name` is empty.
        `whole` gives the plate's picture likewise, and is None when `run` will see it all at once.
        """

    def run(self, picture: Tensor, look: Any, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """The picture, or a tile of it, restyled: the same height and width."""


class Painting:
    """A window's frames, painted. What is painted is kept in the store under the frame's digest, for whoever asks."""

    def __init__(self, model: Restyler, window: Window, afterwards: tuple[str, ...]) -> None:
        """`afterwards` are parameters of the operation that what a model paints does not depend on."""
        self._model, self._window = model, window
        self._given = {name: value for name, value in window.parameters.items() if name not in afterwards}

    def of(self, number: int, picture: Tensor, steps: Steps) -> Tensor:
        """A frame painted, [height, width, 3] over its data window, display-referred in [0,1], as `picture` is."""
        card = self._model.card
        name = f"{card.name} {card.revision} {' '.join(card.weights)} {self._given} seed {self._window.seed}"
        places = (name_of(self._window, role, number) for role in ("plate", "style") if self._window.has(role))
        kept = steps.cached(
            f"restyle 2 {name} {' '.join(places)}", lambda: {"painted": self._painted(number, picture, steps)}
        )
        return checked(kept["painted"], (*picture.shape[:2], 3), card.name)

    def _painted(self, number: int, picture: Tensor, steps: Steps) -> Tensor:
        height, width = picture.shape[:2]
        sizes = self._model.card.sizes

        def style() -> Pieces:
            seen = developed(self._window, "style", number, steps).display
            return _pieces(resize(seen, *self._style_size(number), Nature.COLOUR), sizes)

        whole = None if whole_fits(height, width, sizes) else lambda: _pieces(picture, sizes)
        name = ""
        if self._window.has("style"):
            name = f"{name_of(self._window, 'style', number)} {'x'.join(map(str, self._style_size(number)))}"
        look = self._model.look(style, name, whole, Span(steps, 0.0, 0.3))
        done = 0.0

        def work(tile: Tensor) -> Tensor:
            left = Span(steps, 0.3 + 0.7 * done, 0.3 + 0.7 * min(done + tile.size / 3 / (height * width), 1.0))
            made = self._model.run(tile, look, self._window.parameters, left)
            return checked(made, (*tile.shape[:2], 3), self._model.card.name)

        def tick(fraction: float) -> None:
            nonlocal done
            done = fraction

        return tiled(
            picture,
            work,
            most_pixels=sizes.most_pixels,
            overlap=sizes.overlap,
            multiple=sizes.multiple,
            minimum=sizes.minimum,
            tick=tick,
        )

    def _style_size(self, number: int) -> tuple[int, int]:
        sizes = self._model.card.sizes
        least = max(sizes.minimum, sizes.multiple)
        width, height = style_size(self._window, number)
        return max(width, least), max(height, least)


def style_size(window: Window, number: int) -> tuple[int, int]:
    """Width and height at which the style is seen: as many pixels as the plate has, by the artist's scale."""
    plate, box = (window.frame(role, number).spec.data_window for role in ("plate", "style"))
    scale = float(cast(float, window.parameters["style_scale"]))
    area = min(plate.width * plate.height * scale**2, _LARGEST_STYLE)
    scale = sqrt(area / max(box.width * box.height, 1))
    return max(round(box.width * scale), 1), max(round(box.height * scale), 1)


def name_of(window: Window, role: str, number: int) -> str:
    """Names all that a frame of an input, and its picture, depend on."""
    spec = window.frame(role, number).spec
    box = spec.data_window
    return (
        f"{window.digest(role, number)} {box.width}x{box.height} {spec.pixel_type.value} {','.join(spec.channels)} "
        f"{spec.colour_space} {window.colour_config}"
    )


def _pieces(picture: Tensor, sizes: Sizes) -> Pieces:
    """A picture cut up, each piece as large as a model takes it at most."""
    height, width = picture.shape[:2]
    side = isqrt(sizes.most_pixels) if sizes.most_pixels else max(height, width)
    side = max(side // sizes.multiple * sizes.multiple, sizes.minimum)
    rows, columns = -(-height // side), -(-width // side)
    for row in range(rows):
        for column in range(columns):
            piece = picture[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            yield pad(piece, sizes.multiple, sizes.minimum)[0]
