"""Surfaces seen by a camera: which facet lies before each pixel, and where on it the ray through the pixel's middle
meets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from replate_server.operations.layers.camera import Camera
from replate_server.operations.layers.surface import Surface

_AT_ONCE = 4_000_000
"""Meetings of facets and pixels that are looked at together: bounds the memory."""
_SLACK = 1e-3
"""Pixels by which a facet is larger than itself, so that rounding leaves no gaps between neighbours."""
_LEAST = 1e-9
"""Twice the area, in pixels, of triangles that are too much on edge to be seen."""
_NEAREST = 1e-2
"""Facets nearer to the camera than this, relative to where they are at rest, are behind it or in its way."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a camera sees of a surface."""

    pixels: torch.Tensor
    """[hits] int64: pixels (row times width plus column) that show the surface."""
    x: torch.Tensor
    """[hits] float32: where on the picture at rest they look, a pixel's middle at .5."""
    y: torch.Tensor


def sight(surface: Surface, rest: Camera, camera: Camera) -> Sight:
    """What `camera` sees, at the size of the surface's texture, nearest first where it folds over itself.

    Facets are split into two triangles and scan-converted; where they meet pixels' middles, the place on the
    picture at rest is interpolated with perspective. What faces away from the camera is not seen.
    """
    height, width = surface.texture.shape[:2]
    corners = _projected(surface, rest, camera, width)
    boxes = _boxes(corners, height, width)
    nearest = torch.zeros(height * width, dtype=torch.int64, device=corners.device)
    portions = [_met(corners, boxes, facets, width) for facets in _portions(boxes.count)]
    pixels, keys, across, down, facets = (torch.cat(parts) for parts in zip(*portions, strict=True))
    nearest.scatter_reduce_(0, pixels, keys, "amax")
    seen = keys == nearest[pixels]
    facets, whole = facets[seen], surface.drawn[facets[seen]]
    across, down = (torch.where(whole, 0.5, place[seen]) for place in (across, down))
    facets = surface.shown[facets]
    return Sight(pixels[seen], facets % width + across, facets // width + down)


def card_sight(surface: Surface, rest: Camera, camera: Camera) -> Sight:
    """The same of the surface laid flat at its distance, where the camera sees its front."""
    height, width = surface.texture.shape[:2]
    matrix, vector = camera.transfer(rest)
    matrix[:, 2] += vector / surface.distance
    device = surface.texture.device
    back = torch.as_tensor(np.linalg.inv(matrix), dtype=torch.float32, device=device)
    x = torch.arange(width, device=device) + 0.5
    y = torch.arange(height, device=device)[:, None] + 0.5
    across, down, away = (x * row[0] + y * row[1] + row[2] for row in back)
    across, down = across / away, down / away
    inside = (away > _NEAREST) & (across >= 0) & (across <= width) & (down >= 0) & (down <= height)
    return Sight(inside.flatten().nonzero()[:, 0], across[inside], down[inside])


@dataclass(frozen=True, slots=True, eq=False)
class _Boxes:
    """[facets] int64 each: the pixels among which a facet can have met any."""

    left: torch.Tensor
    top: torch.Tensor
    width: torch.Tensor
    count: torch.Tensor


def _projected(surface: Surface, rest: Camera, camera: Camera, width: int) -> torch.Tensor:
    """[3, facets, 4] float32: x, y and nearness (1/Z) of the corners as the camera sees them; NaN behind it."""
    matrix, vector = (
        torch.as_tensor(part, dtype=torch.float32, device=surface.corners.device) for part in camera.transfer(rest)
    )
    x = (surface.shown % width)[:, None] + torch.tensor([0.0, 1.0, 0.0, 1.0], device=matrix.device)
    y = (surface.shown // width)[:, None] + torch.tensor([0.0, 0.0, 1.0, 1.0], device=matrix.device)
    away, across, down = (
        torch.addcmul(x * row[0] + y * row[1] + row[2], surface.corners, shift)
        for row, shift in zip(matrix[[2, 0, 1]], vector[[2, 0, 1]], strict=True)
    )
    away = torch.where(away > _NEAREST, away, torch.nan)
    return torch.stack((across / away, down / away, surface.corners / away))


def _boxes(corners: torch.Tensor, height: int, width: int) -> _Boxes:
    low = torch.ceil(corners[:2].amin(dim=2) - 0.5 - _SLACK)
    high = torch.floor(corners[:2].amax(dim=2) - 0.5 + _SLACK)
    limits = torch.tensor([[width], [height]], device=corners.device)
    low, high = low.clamp(min=0), torch.minimum(high, limits - 1)
    # Corners behind the camera are NaN, and any comparison with them fails.
    sides = torch.where((high >= low).all(dim=0), high - low + 1, 0).long()
    left, top = low.nan_to_num(0).long()
    return _Boxes(left, top, sides[0], sides[0] * sides[1])


def _portions(count: torch.Tensor) -> Iterator[torch.Tensor]:
    """Indices of facets that can have met pixels, in portions of a bounded number of pixels."""
    facets = count.nonzero()[:, 0]
    portion = count[facets].cumsum(0) // _AT_ONCE
    return iter(torch.split(facets, torch.bincount(portion, minlength=1).tolist()))


def _met(
    corners: torch.Tensor, boxes: _Boxes, facets: torch.Tensor, width: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Each meeting of a facet with a pixel's middle: the pixel, a key by which the nearest wins, the place on the
    facet (0 to 1 across and down) and the facet."""
    count = boxes.count[facets]
    facet = facets.repeat_interleave(count)
    place = torch.arange(len(facet), device=facet.device) - (count.cumsum(0) - count).repeat_interleave(count)
    sides = boxes.width[facet]
    column, row = boxes.left[facet] + place % sides, boxes.top[facet] + place // sides
    x, y, nearness = corners[:, facet].unbind(0)
    x, y = x - (column + 0.5)[:, None], y - (row + 0.5)[:, None]

    def edge(a: int, b: int) -> torch.Tensor:
        """Twice the area between an edge and the pixel's middle, over 0 within."""
        return x[:, a] * y[:, b] - x[:, b] * y[:, a]

    top, left, diagonal, right, bottom = edge(0, 1), edge(2, 0), edge(1, 2), edge(1, 3), edge(3, 2)
    upper = torch.stack((diagonal, left, top, torch.zeros_like(top)), dim=1)
    lower = torch.stack((torch.zeros_like(top), bottom, right, -diagonal), dim=1)
    in_upper, in_lower = (_within(weights) for weights in (upper, lower))
    inside = in_upper | in_lower
    weights = torch.where(in_upper[:, None], upper, lower)[inside]
    weights = weights / weights.sum(dim=1, keepdim=True)
    weights = weights * nearness[inside]
    away = weights.sum(dim=1)
    across, down = (weights[:, 1] + weights[:, 3]) / away, (weights[:, 2] + weights[:, 3]) / away
    facet = facet[inside]
    keys = (away.clamp(min=0).view(torch.int32).long() << 32) | facet
    return (row * width + column)[inside], keys, across, down, facet


def _within(weights: torch.Tensor) -> torch.Tensor:
    """Of barycentric weights: whether the pixel's middle is in the triangle, and the triangle faces the camera."""
    return (weights >= -_SLACK).all(dim=1) & (weights.sum(dim=1) > _LEAST)
