"""Blender makes of a scene file what the camera saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blenders import each_blender
from replate.frame import Box
from replate.media import open_plate
from replate.scene import Kind, Scene, write
from replate.scene.geometry import Cells, points, sampled
from scene_plates import Shape, taken_apart
from scene_renders import LIMIT, plate, rendered, worst

Blender = Callable[[Sequence[dict[str, Any]]], None]

pytestmark = each_blender

SHAPES: dict[str, tuple[Shape, dict[str, Any]]] = {
    "plain": (Shape(), {}),
    "coarse": (Shape(Box(0, 0, 161, 97)), {"longest": 24}),
    "overscan": (Shape(Box(0, 0, 120, 80), Box(-9, -5, 140, 92)), {}),
    "small data window": (Shape(Box(0, 0, 120, 80), Box(10, 7, 90, 60)), {}),
    "anamorphic": (Shape(Box(0, 0, 80, 72), pixel_aspect=2.0), {}),
    "tall pixels": (Shape(Box(0, 0, 120, 72), pixel_aspect=0.5), {}),
    "shifted lens": (Shape(), {"offset": (5.0, -3.0), "focal": 24.0}),
    "portrait": (Shape(Box(0, 0, 72, 128)), {"offset": (-2.0, 4.0)}),
    "own alpha": (Shape(opaque=False), {}),
    "all at once": (
        Shape(Box(0, 0, 60, 96), Box(-4, -6, 70, 108), pixel_aspect=2.0, opaque=False),
        {"offset": (3.0, 2.0), "focal": 80.0, "longest": 40},
    ),
}


@pytest.fixture(scope="module")
def at_rest(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, Kind], float]:
    """The largest error of each scene, seen from its own camera."""
    folder = tmp_path_factory.mktemp("rest")
    plates, tasks = {}, []
    for name, kind in product(SHAPES, Kind):
        shape, options = SHAPES[name]
        taken = taken_apart(shape)
        home = folder / f"{name} {kind.value}"
        scene = write(home, taken.frames, kind=kind, **options)
        plates[name, kind] = plate(scene, shape, taken, 1001)
        tasks.append({"do": "render", "folder": home, "out": home / "rest.exr"})
    blender(tasks)
    outs = [task["out"] for task in tasks]
    return {which: worst(out, plates[which]) for which, out in zip(plates, outs, strict=True)}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", SHAPES)
def test_at_rest_it_is_the_plate(at_rest: Mapping[tuple[str, Kind], float], name: str, kind: Kind) -> None:
    assert at_rest[name, kind] < LIMIT


@pytest.mark.parametrize("kind", Kind)
def test_every_frame_is_its_own_plate(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    shape = Shape(numbers=(998, 999, 1000, 1001))
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=kind)
    # Beyond the shot its first and last frame hold.
    seen = {1: 998, 998: 998, 1001: 1001, 1010: 1001}
    blender(
        [{"do": "render", "folder": tmp_path, "out": tmp_path / f"{number}.exr", "frame": number} for number in seen]
    )
    for number, same in seen.items():
        assert worst(tmp_path / f"{number}.exr", plate(scene, shape, taken, same)) < LIMIT


def test_moved_the_near_goes_farther_than_the_far(blender: Blender, tmp_path: Path) -> None:
    """A card's picture moves by the focal length in pixels, times the way over the distance."""
    shape = Shape(noise=False)
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=Kind.CARD, focal=36.0)
    way = 4 * scene.layers[2].distance / 160
    blender([{"do": "render", "folder": tmp_path, "out": tmp_path / "moved.exr", "right": way}])
    shifts = [160 * way / layer.distance for layer in scene.layers]
    assert shifts[2] == pytest.approx(4) and shifts[0] < shifts[1] < shifts[2]
    expected = np.zeros((96, 160, 4), np.float32)
    for layer, shift in zip(scene.layers, shifts, strict=True):
        picture = open_plate(tmp_path / layer.picture).read(1001).pixels.astype(np.float32)
        left, share = int(shift), shift - int(shift)
        moved = np.roll(picture, -left, 1) * (1 - share) + np.roll(picture, -left - 1, 1) * share
        expected = moved + expected * (1 - moved[:, :, 3:])
    inside = slice(None), slice(0, -8)
    found = rendered(tmp_path / "moved.exr")
    np.testing.assert_allclose(found[inside], expected[inside], atol=LIMIT)
    assert np.abs(found - plate(scene, shape, taken, 1001))[inside].max() > 0.3


def test_the_builders_surface_is_the_files(blender: Blender, tmp_path: Path) -> None:
    shape, options = SHAPES["all at once"]
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, **options)
    blender([{"do": "shape", "folder": tmp_path, "out": tmp_path / "shape.json"}])
    found = json.loads((tmp_path / "shape.json").read_text())
    for layer in scene.layers:
        grid = Cells(layer.area, layer.columns, layer.rows)
        far = sampled(taken.distances[1001][layer.name], scene.data_window, grid)
        theirs = ordered(scene, grid, found["layers"][layer.name])
        np.testing.assert_allclose(theirs, points(scene, grid, far), rtol=1e-4, atol=1e-4)
    assert found["camera"]["lens"] == pytest.approx(80.0)
    assert found["camera"]["shift"] == pytest.approx([3.0 / 36.0, 2.0 / 36.0])


@pytest.mark.parametrize("kind", Kind)
def test_usd_brings_the_same_geometry_and_camera(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    shape, options = SHAPES["all at once"]
    taken = taken_apart(replace(shape, numbers=(1001, 1002, 1003)))
    scene = write(tmp_path, taken.frames, kind=kind, fps=25.0, **options)
    blender(
        [
            {"do": do, "folder": tmp_path, "out": tmp_path / f"{do}.{number}.json", "frame": number}
            for do, number in product(("shape", "shape-usd"), (1001, 1003))
        ]
    )
    for number in (1001, 1003):
        own, usd = (json.loads((tmp_path / f"{do}.{number}.json").read_text()) for do in ("shape", "shape-usd"))
        assert usd["frames"] == [1001, 1003]
        for what in ("lens", "sensor", "shift", "matrix"):
            np.testing.assert_allclose(usd["camera"][what], own["camera"][what], rtol=1e-4, atol=1e-6)
        for layer in scene.layers:
            grid = Cells(layer.area, layer.columns, layer.rows)
            ours, theirs = (ordered(scene, grid, each["layers"][layer.name]) for each in (own, usd))
            # The builder keeps the cells that USD leaves out.
            there = np.isfinite(theirs[:, 0])
            assert np.isfinite(ours).all() and len(usd["layers"][layer.name]) == there.sum() >= 4
            np.testing.assert_allclose(theirs[there], ours[there], rtol=1e-4, atol=1e-4)


def test_usd_looks_like_the_plate(blender: Blender, tmp_path: Path) -> None:
    """Texture coordinates swim a little between the vertices of a grid, and light without cover is left out."""
    shape = Shape(glow=False, noise=False)
    taken = taken_apart(shape)
    scenes = {kind: write(tmp_path / kind.value, taken.frames, kind=kind) for kind in Kind}
    blender(
        [{"do": "render-usd", "folder": tmp_path / kind.value, "out": tmp_path / f"{kind.value}.exr"} for kind in Kind]
    )
    for kind, limit in ((Kind.CARD, LIMIT), (Kind.GRID, 8 / 255)):
        assert worst(tmp_path / f"{kind.value}.exr", plate(scenes[kind], shape, taken, 1001)) < limit


def ordered(scene: Scene, grid: Cells, found: list[list[float]]) -> NDArray[np.float64]:
    """Blender's points with y up, each in its place among the grid's vertices; NaN where there is none."""
    given = np.array(found)
    theirs = np.stack([given[:, 0], given[:, 2], -given[:, 1]], axis=1)
    (across, up), (x, y) = scene.slope, scene.centre
    column = (x - theirs[:, 0] / theirs[:, 2] / across - grid.area.x) * grid.columns / grid.area.width
    row = (y + theirs[:, 1] / theirs[:, 2] / up - grid.area.y) * grid.rows / grid.area.height
    for place in (column, row):
        np.testing.assert_allclose(place, np.round(place), atol=0.01)
    vertices = np.full((grid.rows + 1, grid.columns + 1, 3), np.nan)
    vertices[np.round(row).astype(int), np.round(column).astype(int)] = theirs
    return vertices.reshape(-1, 3)
