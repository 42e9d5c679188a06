"""A staged scene as USD: a file that refers to the scene's own, with the artist's camera and the layers put where they
are. The camera at rest, pictures, surfaces and materials are the scene's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom

from replate.scene.staging import Numbers, Put, Staging
from replate.scene.usd import FILE, TENTHS, opened

CAMERA = "/scene/shot_camera"
"""The artist's; the one that took the plate is /scene/camera."""


def write_staged_usd(staging: Staging, folder: Path, out: Path) -> None:
    """Writes `out`, which ends in .usda, for the scene that lies in `folder`. Raises as `write_usd` does."""
    scene = staging.scene
    with opened(out, staging.fps, staging.first, staging.last) as stage:
        root = UsdGeom.Xform.Define(stage, "/scene").GetPrim()
        stage.SetDefaultPrim(root)
        Usd.ModelAPI(root).SetKind("component")
        root.SetDisplayName(scene.title)
        # Frames keep their numbers: USD would keep the seconds.
        frames = Sdf.LayerOffset(scale=scene.fps / staging.fps)
        root.GetReferences().AddReference(_path(folder / FILE, out), "/scene", frames)
        _camera(stage, staging)
        for layer in scene.layers:
            _put(stage, f"/scene/layers/{layer.name}", staging.put(layer.name), staging.numbers)


def _camera(stage: Usd.Stage, staging: Staging) -> None:
    shot, numbers = staging.camera, staging.numbers
    camera = UsdGeom.Camera.Define(stage, CAMERA)
    camera.CreateProjectionAttr(UsdGeom.Tokens.perspective)
    for attribute, values in (
        (camera.CreateFocalLengthAttr(), shot.focal * TENTHS),
        (camera.CreateHorizontalApertureAttr(), shot.sensor[:, 0] * TENTHS),
        (camera.CreateVerticalApertureAttr(), shot.sensor[:, 1] * TENTHS),
        (camera.CreateHorizontalApertureOffsetAttr(), shot.offset[:, 0] * TENTHS),
        (camera.CreateVerticalApertureOffsetAttr(), shot.offset[:, 1] * TENTHS),
        (camera.CreateFocusDistanceAttr(), shot.focus),
        (camera.CreateFStopAttr(), shot.fstop),
    ):
        _sample(attribute, values.tolist(), numbers)
    camera.CreateClippingRangeAttr(Gf.Vec2f(*staging.clip))
    camera.CreateShutterOpenAttr(0.0)
    camera.CreateShutterCloseAttr(0.0)
    _sample(camera.MakeMatrixXform().GetAttr(), list(_rows(shot.poses)), numbers)


def _put(stage: Usd.Stage, path: str, put: Put, numbers: Sequence[int]) -> None:
    layer = UsdGeom.Xformable(stage.OverridePrim(path))
    if put.hidden:
        UsdGeom.Imageable(layer).MakeInvisible()
    if put.moves or not np.allclose(put.matrices[0], np.eye(4), atol=1e-7):
        _sample(layer.MakeMatrixXform().GetAttr(), list(_rows(put.matrices)), numbers)


def _sample(attribute: Usd.Attribute, values: Sequence[object], numbers: Sequence[int]) -> None:
    """Sets a value for each frame, or one for all where it stays the same."""
    # A host that does not ask for a time sees the first frame.
    attribute.Set(values[0])
    if any(value != values[0] for value in values):
        for number, value in zip(numbers, values, strict=True):
            attribute.Set(value, number)


def _rows(matrices: Numbers) -> Iterator[Gf.Matrix4d]:
    """In USD a point is a row."""
    for matrix in matrices:
        yield Gf.Matrix4d(matrix.T.tolist())


def _path(file: Path, out: Path) -> str:
    """To a file as seen from another; whole where they lie on different drives."""
    # A way up out of a link leads elsewhere than its name says.
    file, home = file.resolve(), out.parent.resolve()
    try:
        found = Path(os.path.relpath(file, home)).as_posix()
    except ValueError:
        return file.as_posix()
    return found if found.startswith("../") else f"./{found}"
