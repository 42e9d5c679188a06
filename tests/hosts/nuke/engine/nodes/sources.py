"""Pictures from nothing."""

from __future__ import annotations

import numpy as np

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Format, Image


@evaluates("Constant", knows="channels color format", through=False)
def constant(call: Call) -> Image:
    knobs = call.knobs
    format = knobs.format("format")
    names = channels.chosen(knobs.text("channels"), (), call.graph.script.layers)
    planes = {
        name: np.full((format.height, format.width), value, np.float32)
        for name, value in zip(names, _for(names, knobs.numbers("color", 4)), strict=True)
    }
    return Image(format, format.box, planes, edge_repeats=True)


@evaluates(
    "CheckerBoard2",
    knows="format boxsize color0 color1 color2 color3 linewidth linecolor centerlinewidth centerlinecolor",
    through=False,
)
def checker_board(call: Call) -> Image:
    knobs = call.knobs
    colours = np.array([knobs.numbers(f"color{each}", 4) for each in range(4)], np.float32)
    size = knobs.numbers("boxsize", 2)
    lines = [knobs.numbers(name, 2) for name in ("linewidth", "centerlinewidth")]
    # Of a default the facts have the first component alone.
    own = "centerlinecolor" in call.node.knobs
    middle = knobs.numbers("centerlinecolor", 4) if own else (1.0, 1.0, 0.0, 1.0)
    return checkered(knobs.format("format"), colours, size, lines, [knobs.numbers("linecolor", 4), middle])


def checkered(
    format: Format,
    colours: np.ndarray | None = None,
    size: tuple[float, ...] = (64.0, 64.0),
    lines: list[tuple[float, ...]] | None = None,
    line_colours: list[tuple[float, ...]] | None = None,
) -> Image:
    """Boxes of four colours around the format's middle, and lines between them and through it."""
    if colours is None:
        colours = np.array([[each] * 3 + [1.0] for each in (0.1, 0.5, 0.1, 0.5)], np.float32)
    y, x = np.mgrid[: format.height, : format.width] + 0.5
    y, x = y - format.height / 2, x - format.width / 2
    across, up = np.floor(x / size[0]).astype(int) % 2, np.floor(y / size[1]).astype(int) % 2
    pixels = colours[np.where(up == 1, across, 3 - across)]
    if lines and line_colours:
        near = [np.abs((axis + width / 2) % width - width / 2) for axis, width in ((x, size[0]), (y, size[1]))]
        pixels[(near[0] < lines[0][0] / 2) | (near[1] < lines[0][1] / 2)] = line_colours[0]
        pixels[(np.abs(x) < lines[1][0] / 2) | (np.abs(y) < lines[1][1] / 2)] = line_colours[1]
    planes = {name: np.ascontiguousarray(pixels[:, :, index]) for index, name in enumerate(channels.RGBA)}
    return Image(format, format.box, planes, edge_repeats=True)


def _for(names: list[str], colour: tuple[float, ...]) -> list[float]:
    """A colour's part for each channel: red, green, blue, alpha by name, others in their order."""
    parts = dict(zip(channels.RGBA, colour, strict=True))
    return [parts.get(name, colour[min(index, 3)]) for index, name in enumerate(names)]
