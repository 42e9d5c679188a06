"""USD's own library finds nothing wrong with scene.usda, and sees in it what the camera saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from replate.frame import Box
from replate.scene import Kind
from scene_plates import Shape
from usd_rules import complaints

Written = Callable[..., Any]


@pytest.mark.parametrize("kind", Kind)
def test_it_validates(written: Written, tmp_path: Path, kind: Kind) -> None:
    written(kind=kind)
    assert complaints(Usd.Stage.Open(str(tmp_path / "scene.usda"))) == []
    for file in (tmp_path / "geometry").iterdir():
        assert complaints(Usd.Stage.Open(str(file))) == []


def test_the_rules_do_find_what_is_wrong(written: Written, tmp_path: Path) -> None:
    written()
    (tmp_path / "geometry" / "hill.usdc").unlink()
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    stage.ClearMetadata("upAxis")
    assert len(complaints(stage)) >= 2


@pytest.mark.parametrize("kind", Kind)
def test_usds_camera_sees_every_vertex_at_its_place_in_the_picture(
    written: Written, tmp_path: Path, kind: Kind
) -> None:
    scene, _ = written(kind=kind, focal=28.0, offset=(3.0, -2.0))
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/scene/camera"))
    frustum = camera.GetCamera(1002).frustum
    seen = np.array(frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix())
    for layer in scene.layers:
        mesh = UsdGeom.Mesh(stage.GetPrimAtPath(f"/scene/layers/{layer.name}"))
        points = np.array(mesh.GetPointsAttr().Get(1002), np.float64)
        flat = np.c_[points, np.ones(len(points))] @ seen
        x = (flat[:, 0] / flat[:, 3] + 1) / 2 * 48
        y = (1 - flat[:, 1] / flat[:, 3]) / 2 * 64
        places = np.array(UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st").Get())
        np.testing.assert_allclose(places[:, 0] * 58 - 6, x, atol=1e-3)
        np.testing.assert_allclose((1 - places[:, 1]) * 72 - 4, y, atol=1e-3)
        assert -points[:, 2].max() >= layer.near * 0.9999 and -points[:, 2].min() <= layer.far * 1.0001


def test_the_camera_is_in_tenths_of_a_unit(written: Written, tmp_path: Path) -> None:
    written(Shape(Box(0, 0, 48, 36)), focal=35.0, offset=(1.8, -0.9))
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/scene/camera"))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0 and UsdGeom.GetStageUpAxis(stage) == "Y"
    found = [
        attribute.Get()
        for attribute in (
            camera.GetFocalLengthAttr(),
            camera.GetHorizontalApertureAttr(),
            camera.GetVerticalApertureAttr(),
            camera.GetHorizontalApertureOffsetAttr(),
            camera.GetVerticalApertureOffsetAttr(),
        )
    ]
    np.testing.assert_allclose(found, [0.35, 0.36, 0.27, 0.018, -0.009], rtol=1e-6)
    assert (camera.GetShutterOpenAttr().Get(), camera.GetShutterCloseAttr().Get()) == (0.0, 0.0)


def test_pictures_and_points_go_by_the_frame(written: Written, tmp_path: Path) -> None:
    written(fps=25.0)
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (1001, 1003, 25)
    for part, name in (("colour", "hill_colour"), ("cover", "hill")):
        file = UsdShade.Shader(stage.GetPrimAtPath(f"/scene/materials/hill/{part}")).GetInput("file")
        assert file.Get().path == f"./hill/{name}.1001.exr"
        assert file.Get(1003).path == f"./hill/{name}.1003.exr"
        assert Path(file.Get(1002).resolvedPath).is_file()
    moving = UsdGeom.Mesh(stage.GetPrimAtPath("/scene/layers/hill"))
    assert moving.GetPointsAttr().GetTimeSamples() == [1001, 1002, 1003]
    assert not np.array_equal(moving.GetPointsAttr().Get(1001), moving.GetPointsAttr().Get(1003))
    still = UsdGeom.Mesh(stage.GetPrimAtPath("/scene/layers/layer1"))
    assert still.GetPointsAttr().GetTimeSamples() == []


def test_cells_that_show_nothing_are_torn_out(written: Written, tmp_path: Path) -> None:
    scene, taken = written()
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    whole, hill = (UsdGeom.Mesh(stage.GetPrimAtPath(f"/scene/layers/{name}")) for name in ("layer1", "hill"))
    count = len(whole.GetFaceVertexCountsAttr().Get())
    assert count == 2 * scene.layers[0].columns * scene.layers[0].rows
    assert 0.1 * count < len(hill.GetFaceVertexCountsAttr().Get()) < 0.8 * count
    used = np.unique(hill.GetFaceVertexIndicesAttr().Get())
    np.testing.assert_array_equal(used, np.arange(len(hill.GetPointsAttr().Get())))
    # Whatever is there in any frame lies within the torn mesh.
    places = np.array(UsdGeom.PrimvarsAPI(hill).GetPrimvar("st").Get())
    for _, frame in taken.frames[::2]:
        y, x = np.nonzero(frame.channel("hill.A"))
        assert places[:, 0].min() * 58 <= x.min() and x.max() + 1 <= places[:, 0].max() * 58
        assert places[:, 1].min() * 72 <= 71 - y.max() and 72 - y.min() <= places[:, 1].max() * 72


def test_a_mesh_alone_is_a_whole_file(written: Written, tmp_path: Path) -> None:
    """As Nuke reads them: one mesh a file, with a value where no frame is asked for."""
    written()
    stage = Usd.Stage.Open(str(tmp_path / "geometry" / "hill.usdc"))
    (mesh,) = [prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    assert mesh == stage.GetDefaultPrim()
    assert len(UsdGeom.Mesh(mesh).GetPointsAttr().Get(Usd.TimeCode.Default()))
    extent = UsdGeom.Mesh(mesh).GetExtentAttr().Get(1002)
    points = np.array(UsdGeom.Mesh(mesh).GetPointsAttr().Get(1002))
    np.testing.assert_allclose(extent, [points.min(axis=0), points.max(axis=0)])
    assert Sdf.Layer.FindOrOpen(str(tmp_path / "scene.usda")).GetFileFormat().formatId == "usda"
    assert Gf.Range3f(*map(Gf.Vec3f, map(tuple, extent))).GetSize()[2] > 0
