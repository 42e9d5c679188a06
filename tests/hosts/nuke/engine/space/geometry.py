"""Surfaces: triangles, and the pictures that lie on them or are projected onto them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import Refused
from engine.image import Image
from engine.space.camera import Camera, Matrix, Points, transformed


@dataclass(frozen=True, eq=False)
class Projected:
    """A picture that a camera throws, onto whatever is before it."""

    image: Image
    camera: Camera
    crop: bool
    """Nothing outside of the picture's format; else its edge goes on."""


Material = Image | Projected | None


@dataclass(frozen=True, eq=False)
class Mesh:
    points: Points
    """[n, 3], in the world."""
    faces: NDArray[np.int64]
    """[m, 3]"""
    places: Points
    """Texture coordinates of the faces' corners: [m, 3, 2]."""
    material: Material

    def moved(self, matrix: Matrix) -> Mesh:
        return replace(self, points=transformed(matrix, self.points))


@dataclass(frozen=True, eq=False)
class Geometry:
    meshes: tuple[Mesh, ...] = ()

    def moved(self, matrix: Matrix) -> Geometry:
        return Geometry(tuple(mesh.moved(matrix) for mesh in self.meshes))


def card(height: float, orientation: str, material: Material) -> Mesh:
    """A rectangle around the origin, 1 wide, facing along z (of "XY")."""
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    points = np.zeros((4, 3))
    axes = {"XY": (0, 1), "YZ": (2, 1), "ZX": (0, 2)}[orientation]
    points[:, axes] = corners * (1, height)
    return Mesh(points, faces, (corners + 0.5)[faces], material)


def of_usd(path: Path, chosen: Sequence[str], frame: float | None, material: Material) -> Geometry:
    """The meshes that are, or lie beneath, the chosen prims of a USD file: at a frame, or at the first time it knows.

    Raises `Refused`.
    """
    from pxr import Tf, Usd, UsdGeom

    try:
        stage = Usd.Stage.OpenMasked(str(path), Usd.StagePopulationMask(list(chosen)))
        stage.Reload()  # USD keeps open what it opened before.
    except Tf.ErrorException as error:
        raise Refused(f"{path} cannot be read: {error}") from None
    time = Usd.TimeCode.EarliestTime() if frame is None else Usd.TimeCode(frame)
    return Geometry(tuple(_meshes(stage, UsdGeom, time, material)))


def _meshes(stage: object, usd_geom: object, time: object, material: Material) -> Iterator[Mesh]:
    cache = usd_geom.XformCache(time)  # type: ignore[attr-defined]
    for prim in stage.Traverse():  # type: ignore[attr-defined]
        mesh = usd_geom.Mesh(prim)  # type: ignore[attr-defined]
        if not mesh:
            continue
        points = np.asarray(mesh.GetPointsAttr().Get(time), np.float64)
        counts = np.asarray(mesh.GetFaceVertexCountsAttr().Get(time))
        indices = np.asarray(mesh.GetFaceVertexIndicesAttr().Get(time), np.int64)
        corners = _fans(counts)
        faces = indices[corners]
        # USD's matrices have their points as rows.
        matrix = np.asarray(cache.GetLocalToWorldTransform(prim), np.float64).T
        yield Mesh(transformed(matrix, points), faces, _places(usd_geom, prim, time, corners, faces), material)


def _places(
    usd_geom: object, prim: object, time: object, corners: NDArray[np.int64], faces: NDArray[np.int64]
) -> Points:
    """`st` at the faces' corners; 0 where the file has none."""
    primvar = usd_geom.PrimvarsAPI(prim).GetPrimvar("st")  # type: ignore[attr-defined]
    if not primvar or not primvar.HasValue():
        return np.zeros((*faces.shape, 2))
    found = np.asarray(primvar.ComputeFlattened(time), np.float64)
    by_corner = primvar.GetInterpolation() == usd_geom.Tokens.faceVarying  # type: ignore[attr-defined]
    return found[corners if by_corner else faces]


def _fans(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles [m, 3] of polygons, as places among all polygons' corners."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    found = []
    for size in np.unique(counts):
        first = starts[counts == size]
        for corner in range(1, int(size) - 1):
            found.append(np.column_stack([first, first + corner, first + corner + 1]))
    return np.concatenate(found) if found else np.zeros((0, 3), np.int64)
