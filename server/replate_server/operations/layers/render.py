"""Layers seen by a camera: the picture, with what nearer layers no longer hide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from replate_server.operations.layers.camera import Camera
from replate_server.operations.layers.filtering import filtered
from replate_server.operations.layers.raster import Sight, card_sight, sight
from replate_server.operations.layers.surface import Surface

Kind = Literal["grid", "card"]
KINDS: tuple[Kind, ...] = ("grid", "card")


def render(surfaces: Sequence[Surface], rest: Camera, camera: Camera, kind: Kind = "grid") -> torch.Tensor:
    """[height, width, 4] float32, premultiplied RGBA: surfaces of one size, back to front, seen by `camera`.

    `kind` "grid" shows each at its own depth, "card" flat at its distance. At rest the picture is the surfaces
    laid over one another, sample by sample. What lies beyond the picture at rest is transparent.
    """
    look = sight if kind == "grid" else card_sight
    at_rest = camera.sees_as(rest)
    picture = torch.zeros_like(surfaces[0].texture)
    for surface in surfaces:
        seen = surface.texture if at_rest else _seen(surface, look(surface, rest, camera))
        picture = seen + picture * (1 - seen[..., 3:])
    return picture


def _seen(surface: Surface, sight: Sight) -> torch.Tensor:
    """A surface's texture where a camera sees it, and nothing elsewhere; the outline is smoothed over two pixels."""
    height, width, _ = surface.texture.shape
    seen = torch.zeros((height * width, 5), device=surface.texture.device)
    seen[sight.pixels, :4] = filtered(surface.texture, sight.x, sight.y)
    seen[sight.pixels, 4] = 1
    seen = seen.view(height, width, 5)
    spread = _spread(seen)
    return torch.where(seen[..., 4:] > 0, seen[..., :4] * spread[..., 4:], spread[..., :4])


def _spread(picture: torch.Tensor) -> torch.Tensor:
    """A picture [height, width, channels] under a tent of two pixels; beyond its edges the outermost go on."""
    tent = torch.tensor([0.25, 0.5, 0.25], device=picture.device)
    padded = torch.nn.functional.pad(picture.permute(2, 0, 1)[:, None], (1, 1, 1, 1), mode="replicate")
    return torch.nn.functional.conv2d(padded, (tent[:, None] * tent)[None, None])[:, 0].permute(1, 2, 0)
