"""A layer as a surface in space: every pixel a small facet at its own distance, joined where the surface goes on.

A facet is the pixel's square. It shares its corners with the neighbours that it is joined to, so that a
slanted plane has no gaps however it is looked at; where depth jumps, the corners part, and what is behind
shows between them: the surface tears, and does not stretch. Only where the layer behind is far from what the
farther side goes on as, which would be a hole into another place, that side's last pixels are drawn out instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from replate_server.operations.contract import Tensor
from replate_server.operations.layers.layer import Layer, Layers

JUMP = 0.03
"""Of nearness (1/Z) between neighbouring pixels, relative to the nearer one: what is beyond may be a tear."""
_STEEPER = 2.0
"""By which a jump is steeper than the surface on either side of it; a plane seen at a slant is not."""
_NEAR_BEHIND = 0.8
"""The least nearness of the layer behind, relative to the farther side of a jump, that may show in a tear."""
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
    """[facets, 4] float32: nearness (1/Z) at a facet's corners, row by row from the top left."""
    drawn: torch.Tensor
    """[facets] bool: those drawn out over a jump; all of them is the one pixel, or the nearer side would colour it."""
    distance: float
    """Of the card that stands for the layer: the harmonic median of what shows of it."""


def surfaces(layers: Layers, device: str = "cpu") -> tuple[Surface, ...]:
    """Layers as surfaces on a device, back to front."""
    return stacked([(_texture(layer), layer.depth) for layer in layers], device)


def stacked(sheets: Iterable[tuple[Tensor, Tensor]], device: str) -> tuple[Surface, ...]:
    """Surfaces on a device, of premultiplied textures [height, width, 4] and distances [height, width], back to front.

    The backmost does not tear: behind it there is nothing to be seen.
    """
    found: list[Surface] = []
    behind: torch.Tensor | None = None
    for texture, depth in sheets:
        picture, far = torch.tensor(texture, device=device), torch.tensor(depth, device=device)
        found.append(surface(picture, far, behind))
        behind = far if behind is None else torch.where(picture[..., 3] > 0, far, behind)
    return tuple(found)


def surface(texture: torch.Tensor, depth: torch.Tensor, behind: torch.Tensor | None) -> Surface:
    """The surface of a premultiplied texture [height, width, 4] and distances [height, width], on their device.

    `behind` are the distances of what lies behind it, which shows where this one tears; None where there is nothing.
    """
    nearness, tears = 1.0 / depth, behind is not None
    shows = _grown((texture != 0).any(dim=2))
    shown = shows.flatten().nonzero()[:, 0]
    visible = nearness[texture[..., 3] > 0.5]
    distance = 1.0 / float((visible if len(visible) else nearness).median())
    if tears:
        nearness = _settled(nearness)
    across, down = _joins(nearness, tears)
    parted = _corners(nearness, across, down)
    corners = parted if behind is None else _drawn(parted, nearness, across, down, 1.0 / behind)
    drawn = (corners != parted).any(dim=2)
    return Surface(texture.contiguous(), shown, corners.reshape(-1, 4)[shown], drawn.flatten()[shown], distance)


def _texture(layer: Layer) -> Tensor:
    alpha = layer.alpha[..., None]
    return np.concatenate((layer.colour * alpha, alpha), axis=2)


def _grown(shows: torch.Tensor) -> torch.Tensor:
    """With the pixels around, which filtering spreads it to."""
    return torch.nn.functional.max_pool2d(shows[None, None].float(), 5, 1, 2)[0, 0] > 0


def _joins(nearness: torch.Tensor, tears: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether neighbours are joined: across [height, width - 1], and down [height - 1, width]."""
    if tears:
        return ~_torn(nearness), ~_torn(nearness.T).T
    height, width = nearness.shape
    whole = torch.ones((height, width), dtype=torch.bool, device=nearness.device)
    return whole[:, 1:], whole[1:]


def _settled(nearness: torch.Tensor) -> torch.Tensor:
    """With the pixels of a blurred jump, torn off on both sides, at the depth of the side that is the more like them.

    A pixel as far as one of the sides already, a thin line, stays where it is.
    """
    adrift = torch.zeros_like(nearness, dtype=torch.bool)
    for plane, found in ((nearness, adrift), (nearness.T, adrift.T)):
        torn = _torn(plane)
        found[:, 1:-1] |= torn[:, 1:] & torn[:, :-1]
    side = 2 * _REACH // 2 + 1
    most = torch.nn.functional.max_pool2d(nearness[None, None], side, 1, side // 2)[0, 0]
    least = -torch.nn.functional.max_pool2d(-nearness[None, None], side, 1, side // 2)[0, 0]
    return torch.where(adrift, torch.where(most - nearness < nearness - least, most, least), nearness)


def _torn(nearness: torch.Tensor) -> torch.Tensor:
    """[height, width - 1]: where the surface tears between a pixel and the one to the right of it."""
    nearer = torch.maximum(nearness[:, 1:], nearness[:, :-1])
    jump = (nearness[:, 1:] - nearness[:, :-1]).abs()
    padded = torch.nn.functional.pad(jump, (_REACH, _REACH))
    least = -torch.nn.functional.max_pool1d(-padded, _REACH, 1)
    width = jump.shape[1]
    beside = torch.maximum(least[:, :width], least[:, _REACH + 1 : _REACH + 1 + width])
    return (jump > JUMP * nearer) & (jump > _STEEPER * beside)


def _corners(nearness: torch.Tensor, across: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """[height, width, 4]: at each corner of a facet the mean of the pixels there that it is joined to."""
    around = _edged(nearness, 1, 1)
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


def _drawn(
    corners: torch.Tensor, nearness: torch.Tensor, across: torch.Tensor, down: torch.Tensor, behind: torch.Tensor
) -> torch.Tensor:
    """Corners [height, width, 4] that do not part where what is behind would be a hole: all take the nearest's."""

    # A tear's farther side, and what is behind that.
    def hole(one: torch.Tensor, other: torch.Tensor, after: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        return torch.where(one < other, after, before) < _NEAR_BEHIND * torch.minimum(one, other)

    left, right, top, bottom = nearness[:, :-1], nearness[:, 1:], nearness[:-1], nearness[1:]
    shut_across = ~across & hole(left, right, behind[:, :-1], behind[:, 1:])
    shut_down = ~down & hole(top, bottom, behind[:-1], behind[1:])
    # By lattice points [height + 1, width + 1], of which each is a corner of up to four facets.
    height, width = nearness.shape
    shut = torch.zeros((height + 1, width + 1), dtype=torch.bool, device=nearness.device)
    nearest = torch.zeros((height + 1, width + 1), device=nearness.device)
    for rows, columns in ((0, 1), (1, 1)):
        shut[rows : rows + height, columns : columns + width - 1] |= shut_across
    for rows, columns in ((1, 0), (1, 1)):
        shut[rows : rows + height - 1, columns : columns + width] |= shut_down
    places = [(slice(row, row + height), slice(column, column + width)) for row in (0, 1) for column in (0, 1)]
    for place, corner in zip(places, corners.unbind(2), strict=True):
        nearest[place] = torch.maximum(nearest[place], corner)
    return torch.stack(
        [
            torch.where(shut[place], nearest[place], corner)
            for place, corner in zip(places, corners.unbind(2), strict=True)
        ],
        dim=2,
    )


def _edged(plane: torch.Tensor, rows: int, columns: int, value: bool | None = None) -> torch.Tensor:
    """With more rows and columns on all sides: repetitions of the outermost, or of a value."""
    padding = (columns, columns, rows, rows)
    if value is not None:
        return torch.nn.functional.pad(plane, padding, value=value)
    return torch.nn.functional.pad(plane[None, None].float(), padding, mode="replicate")[0, 0].to(plane.dtype)
