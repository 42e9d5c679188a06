"""What a camera sees of surfaces: every pixel's middle, the farthest first, each over what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import channels
from engine.filters import Texture
from engine.image import Box, Format, Image, Plane
from engine.space.camera import Camera, Points, transformed
from engine.space.geometry import Geometry, Projected
from engine.space.raster import covered

Pixels = NDArray[np.float32]
"""[count, 4]: premultiplied red, green, blue, and alpha."""


@dataclass(frozen=True, eq=False)
class Fragments:
    """What surfaces show at pixels: [count] and [count, 4]."""

    pixel: NDArray[np.int64]
    """Its place in the box, row by row."""
    distance: Points
    """Along the camera's axis."""
    colour: Pixels


@dataclass(frozen=True)
class Film:
    format: Format
    box: Box
    """What of it is rendered, the overscan too."""
    filter: str
    """How pictures on surfaces are looked up."""
    jitter: tuple[float, float] = (0.0, 0.0)
    """Pixels by which each pixel is looked at beside its middle."""


def render(geometry: Geometry, camera: Camera, back: Image, film: Film) -> Image:
    """The surfaces before a background. depth.Z is 1 over the distance, 0 where nothing is.

    A background's own depth.Z hides what is behind it. Of surfaces with no alpha the light counts, and not the depth.
    """
    box, shape = film.box, (film.box.height, film.box.width)
    seen = list(_fragments(geometry, camera, film))
    pixels = np.stack([back.plane(name, box, repeat=False).reshape(-1) for name in channels.RGBA], axis=1)
    depth = back.plane("depth.Z", box, repeat=False).reshape(-1).astype(np.float64)
    if seen:
        pixel = np.concatenate([each.pixel for each in seen])
        distance = np.concatenate([each.distance for each in seen])
        colour = np.concatenate([each.colour for each in seen])
        before = 1 / distance >= depth[pixel]
        pixels = _composited(pixel[before], distance[before], colour[before], pixels)
        solid = before & (colour[:, 3] > 0)
        np.maximum.at(depth, pixel[solid], 1 / distance[solid])
    planes: dict[str, Plane] = {
        name: np.ascontiguousarray(pixels[:, index], np.float32).reshape(shape)
        for index, name in enumerate(channels.RGBA)
    }
    planes["depth.Z"] = depth.astype(np.float32).reshape(shape)
    return Image(film.format, box, {**back.over(box).planes, **planes}, back.metadata)


def _composited(
    pixel: NDArray[np.int64], distance: Points, colour: Pixels, behind: NDArray[np.float32]
) -> NDArray[np.float32]:
    order = np.lexsort((-distance, pixel))
    pixel, colour = pixel[order], colour[order]
    first = np.flatnonzero(np.diff(pixel, prepend=-1))
    rank = np.arange(len(pixel)) - np.repeat(first, np.diff(first, append=len(pixel)))
    for turn in range(int(rank.max(initial=-1)) + 1):
        now = rank == turn
        where, over = pixel[now], colour[now]
        behind[where] = over + behind[where] * (1 - over[:, 3:])
    return behind


def _fragments(geometry: Geometry, camera: Camera, film: Film) -> Iterator[Fragments]:
    box = film.box
    for mesh in geometry.meshes:
        if mesh.material is None:
            continue
        thrown = isinstance(mesh.material, Projected)
        image = mesh.material.image if isinstance(mesh.material, Projected) else mesh.material
        texture = Texture.of(image, channels.RGBA, repeat=True if thrown else None)
        corners, places = _clipped(camera.seen(mesh.points)[mesh.faces], mesh.places, camera.near)
        if not len(corners):
            continue
        on_film = camera.pixels(corners.reshape(-1, 3), film.format).reshape(-1, 3, 2) - film.jitter
        inverse = -1 / corners[:, :, 2]
        for which, x, y, shares in covered(on_film, box):
            # 1 / distance is what is linear over the film.
            distance = 1 / (shares * inverse[which]).sum(axis=1)
            kept = distance <= camera.far
            which, x, y, shares, distance = (each[kept] for each in (which, x, y, shares, distance))
            # On the middle's own ray, so that a picture thrown from here is looked up where it came from.
            rays = camera.rays(np.column_stack([x, y]) + 0.5 + film.jitter, film.format)
            points = transformed(camera.world, rays * distance[:, None])
            bent = shares * inverse[which] * distance[:, None]
            flat = (bent[:, :, None] * places[which]).sum(axis=1)
            at, shown = _looked_at(mesh.material, points, flat)
            colour = texture.at(at[:, 0], at[:, 1], film.filter)
            shown &= colour.any(axis=1)
            pixel = (y - box.y) * box.width + (x - box.x)
            yield Fragments(pixel[shown], distance[shown], colour[shown])


def _looked_at(material: Image | Projected, points: Points, places: Points) -> tuple[Points, NDArray[np.bool_]]:
    """Where in its picture points of a surface look, [count, 2] pixels, and which of them see it."""
    if isinstance(material, Image):
        return places * (material.format.width, material.format.height), np.ones(len(places), bool)
    seen = material.camera.seen(points)
    shown = seen[:, 2] < 0
    seen[~shown] = (0, 0, -1)
    format = material.image.format
    at = material.camera.pixels(seen, format)
    if material.crop:
        shown &= ((at >= 0) & (at <= (format.width, format.height))).all(axis=1)
    return at, shown


def _clipped(corners: Points, places: Points, near: float) -> tuple[Points, Points]:
    """What of triangles [n, 3, 3] in the camera is beyond the near plane; more triangles, where the plane cuts them."""
    before = -corners[:, :, 2] >= near
    whole = before.all(axis=1)
    cut = np.flatnonzero(~whole & before.any(axis=1))
    more, more_places = [], []
    for index in cut:
        polygon = _cut(np.column_stack([corners[index], places[index]]), near)
        for corner in range(1, len(polygon) - 1):
            more.append(polygon[[0, corner, corner + 1], :3])
            more_places.append(polygon[[0, corner, corner + 1], 3:])
    if not more:
        return corners[whole], places[whole]
    return np.concatenate([corners[whole], more]), np.concatenate([places[whole], more_places])


def _cut(polygon: Points, near: float) -> Points:
    """Sutherland and Hodgman's, by one plane."""
    found = []
    for one, other in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        depth, next_depth = -one[2] - near, -other[2] - near
        if depth >= 0:
            found.append(one)
        if depth * next_depth < 0:
            found.append(one + (other - one) * (depth / (depth - next_depth)))
    return np.array(found)
