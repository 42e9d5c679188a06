"""A layer as a surface in space: every pixel a small facet at its own distance, joined where the surface goes on.

A facet is the pixel's square. It shares its corners with the neighbours that it is joined to, so that a
slanted plane has no gaps however it is looked at; where depth jumps, the corners part, and what is behind
shows between them: the surface tears, and does not stretch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from replate_server.operations.layers.layer import Layer, Layers

JUMP = 0.03
"""Of inverse depth between neighbouring pixels, relative to the nearer: what is beyond may be a tear."""
_STEEPER = 2.0
"""By which a jump is steeper than the surface on either side of it; a plane seen at a slant is not."""
_REACH = 4
"""Pixels on either side of a jump among which the surface beside it is looked for: blurred edges are narrower."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A layer on a device, ready to be looked at from anywhere."""

    texture: torch.Tensor
    """[height, width, 4] float32: premultiplied RGBA, as the camera at rest sees it."""
    shown: torch.Tensor
    """[facets] int64: which pixels (row times width plus column) have facets: those with anything to show."""
    corners: torch.Tensor
    """[facets, 4] float32: inverse depth at a facet's corners, row by row from the top left."""
    distance: float
    """Of the card that stands for the layer: the harmonic median of what shows of it."""


def surfaces(layers: Layers, device: str = "cpu") -> tuple[Surface, ...]:
    """Layers as surfaces on a device. The backmost does not tear: behind it there is nothing to be seen."""
    return tuple(_surface_of_layer(layer, device, tears=index > 0) for index, layer in enumerate(layers))


def surface(texture: torch.Tensor, depth: torch.Tensor, tears: bool = True) -> Surface:
    """The surface of a premultiplied texture [height, width, 4] and distances [height, width], on their device."""
    inverse = 1.0 / depth
    shows = _grown((texture != 0).any(dim=2))
    shown = shows.flatten().nonzero()[:, 0]
    visible = inverse[texture[..., 3] > 0.5]
    distance = 1.0 / float((visible if len(visible) else inverse).median())
    if tears:
        inverse = _settled(inverse)
    across, down = _joins(inverse, tears)
    corners = _corners(inverse, across, down).reshape(-1, 4)[shown]
    return Surface(texture.contiguous(), shown, corners, distance)


def _surface_of_layer(layer: Layer, device: str, tears: bool) -> Surface:
    colour, alpha, depth = (torch.tensor(plane, device=device) for plane in (layer.colour, layer.alpha, layer.depth))
    return surface(torch.cat((colour * alpha[..., None], alpha[..., None]), dim=2), depth, tears)


def _grown(shows: torch.Tensor) -> torch.Tensor:
    """With the pixels around, which filtering spreads it to."""
    return torch.nn.functional.max_pool2d(shows[None, None].float(), 5, 1, 2)[0, 0] > 0


def _joins(inverse: torch.Tensor, tears: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether neighbours are joined: across [height, width - 1], and down [height - 1, width]."""
    if tears:
        return ~_torn(inverse), ~_torn(inverse.T).T
    height, width = inverse.shape
    whole = torch.ones((height, width), dtype=torch.bool, device=inverse.device)
    return whole[:, 1:], whole[1:]


def _settled(inverse: torch.Tensor) -> torch.Tensor:
    """With the pixels of a blurred jump, torn off on both sides, at the depth of the side that is the more like them.

    A pixel as far as one of the sides already, a thin line, stays where it is.
    """
    adrift = torch.zeros_like(inverse, dtype=torch.bool)
    for plane, found in ((inverse, adrift), (inverse.T, adrift.T)):
        torn = _torn(plane)
        found[:, 1:-1] |= torn[:, 1:] & torn[:, :-1]
    side = 2 * _REACH // 2 + 1
    most = torch.nn.functional.max_pool2d(inverse[None, None], side, 1, side // 2)[0, 0]
    least = -torch.nn.functional.max_pool2d(-inverse[None, None], side, 1, side // 2)[0, 0]
    return torch.where(adrift, torch.where(most - inverse < inverse - least, most, least), inverse)


def _torn(inverse: torch.Tensor) -> torch.Tensor:
    """[height, width - 1]: where the surface tears between a pixel and the one to the right of it."""
    nearer = torch.maximum(inverse[:, 1:], inverse[:, :-1])
    jump = (inverse[:, 1:] - inverse[:, :-1]).abs()
    padded = torch.nn.functional.pad(jump, (_REACH, _REACH))
    least = -torch.nn.functional.max_pool1d(-padded, _REACH, 1)
    width = jump.shape[1]
    beside = torch.maximum(least[:, :width], least[:, _REACH + 1 : _REACH + 1 + width])
    return (jump > JUMP * nearer) & (jump > _STEEPER * beside)


def _corners(inverse: torch.Tensor, across: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """[height, width, 4]: at each corner of a facet the mean of the pixels there that it is joined to."""
    around = _edged(inverse, 1, 1)
    a, b, c, d = around[:-1, :-1], around[:-1, 1:], around[1:, :-1], around[1:, 1:]
    across, down = _edged(_edged(across, 0, 1, True), 1, 0), _edged(_edged(down, 1, 0, True), 0, 1)
    ab, cd, ac, bd = across[:-1], across[1:], down[:, :-1], down[:, 1:]
    over, under = ab & bd | ac & cd, ab & ac | bd & cd
    top, bottom, left, right = (
        ab | ac & cd & bd,
        cd | ac & ab & bd,
        ac | ab & bd & cd,
        bd | ab & ac & cd,
    )

    def mean(own: torch.Tensor, *others: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        total, count = own.clone(), torch.ones_like(own)
        for joined, other in others:
            total += joined * other
            count += joined
        return total / count

    of_a = mean(a, (top, b), (left, c), (over, d))
    of_b = mean(b, (top, a), (right, d), (under, c))
    of_c = mean(c, (bottom, d), (left, a), (under, b))
    of_d = mean(d, (bottom, c), (right, b), (over, a))
    return torch.stack((of_d[:-1, :-1], of_c[:-1, 1:], of_b[1:, :-1], of_a[1:, 1:]), dim=2)


def _edged(plane: torch.Tensor, rows: int, columns: int, value: bool | None = None) -> torch.Tensor:
    """With more rows and columns on all sides: repetitions of the outermost, or of a value."""
    padding = (columns, columns, rows, rows)
    if value is not None:
        return torch.nn.functional.pad(plane, padding, value=value)
    return torch.nn.functional.pad(plane[None, None].float(), padding, mode="replicate")[0, 0].to(plane.dtype)
