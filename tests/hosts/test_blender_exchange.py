"""What stands in Blender is the same in Nuke, USD and glTF; a scene made elsewhere comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blenders import each_blender
from in_nuke import Nuke
from replate.frame import Box
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart
from scene_renders import rendered

Told = Callable[..., dict[str, Any]]

SHAPE = Shape(Box(0, 0, 96, 64), numbers=(1001, 1002, 1003), noise=False, glow=False)
LENS: dict[str, Any] = {"focal": 30.0, "offset": (3.0, 1.5), "longest": 48}
LAYERS = ["layer1", "hill", "pole"]
PLATE_IN_GLTF = slice(0, 64), slice(16, 112)
"""What the plate's frame is of a picture that reaches as far to the other side of the axis: 3 and 1.5 mm are 8 and 4
pixels, so that there are 16 more on the left and 8 more below."""


@each_blender
def test_what_stands_in_blender_is_the_same_elsewhere(told: Told, tmp_path: Path, blender_version: str) -> None:
    check(told, tmp_path, Kind.GRID, blender_version)


def test_so_do_cards(told: Told, tmp_path: Path, blender_version: str) -> None:
    check(told, tmp_path, Kind.CARD, blender_version)


def check(told: Told, home: Path, kind: Kind, version: str) -> None:
    write(home / "scene", taken_apart(SHAPE).frames, kind=kind, **LENS)
    said = told("exchange_day", home / "scene" / "scene.json", home)
    assert "no parallax scene here" in said["nothing"]
    none, later, alone = said["broken"]
    assert "is no scene file" in none and "of version 2" in later and "layer1.1001.exr is not there" in alone
    assert said["left"] == [] and said["format"] == [96, 64, 1001]
    *cameras, flat = said["cameras"]
    assert cameras == ["Camera", "Camera", "Camera", "Mine"] and "no perspective camera" in flat
    assert said["hidden"] == [[], ["pole"], LAYERS]
    assert said["said"]["NUKE"] == "shot.nk is written." and said["said"]["USD"] == "shot.usda is written."
    assert "no lens shift" in said["said"]["GLTF"] and "no zoom" in said["said"]["GLTF"]
    assert "cannot be made" in said["unwritten"] and said["same"]
    assert all(word in said["stays"] for word in ("lamps", "Edge")) and "Tear" not in said["stays"]
    # No server was asked, nor started.
    assert not [*home.rglob("server.json"), *home.rglob("server.log")]

    rest = ("matrix", "lens", "sensor", "shift")
    assert all(np.allclose(said["usd_rest"][what], said["own_rest"][what], atol=1e-4) for what in rest)
    for frame, (own, usd) in enumerate(zip(said["own"], said["usd"], strict=True)):
        # Blender 4.2 takes a camera's lens from the first frame alone.
        for what in (*rest, "blur", "sharp") if version != "4.2" or frame == 0 else ("matrix", "sensor", "shift"):
            np.testing.assert_allclose(usd[what], own[what], rtol=1e-5, atol=1e-4)
        for name in LAYERS:
            assert astray(usd["layers"][name], own["layers"][name]) < 1e-4
    assert np.ptp([frame["matrix"] for frame in said["own"]], axis=0).max() > 0.05
    assert astray(said["own"][0]["layers"]["hill"], said["own"][4]["layers"]["hill"]) > 0.5

    np.testing.assert_allclose(said["gltf"]["matrix"], said["own"][1]["matrix"], atol=1e-4)
    for name in LAYERS:
        # The layers stand as they did in the frame that is shown.
        assert astray(said["gltf"]["layers"][name], said["own"][1]["layers"][name]) < 1e-4

    shown = rendered(home / "rendered.exr")
    far = np.abs(shown - taken_apart(SHAPE).plates[1002]).mean()
    in_gltf = rendered(home / "gltf.exr")[PLATE_IN_GLTF]
    # 8 bits, and nothing above 1.
    alike(in_gltf, np.clip(shown, 0, 1), far)
    done = Nuke(home / "nuke").scenario("parallax_reopened", home / "é" / "shot.nk", home / "nuke.exr")
    assert done.code == 0, done.said[-4000:]
    alike(rendered(home / "nuke.exr"), shown, far)


def alike(picture: NDArray[np.float32], wanted: NDArray[np.float32], far: float) -> None:
    """The same but for the filter: as much as a move changes, `far`, is far more."""
    inside = slice(6, -6), slice(6, -6)
    differences = np.abs(picture - wanted)[inside]
    assert np.median(differences) < 0.5 / 255 and differences.mean() < 2 / 255 < far / 10
    assert np.percentile(differences, 99) < 0.06


def astray(found: list[list[float]], among: list[list[float]]) -> float:
    """How far the worst of some points is from the nearest of others: USD leaves out cells that show nothing."""
    apart = np.array(found)[:, None] - np.array(among)[None]
    assert len(found) >= 4
    return float(np.linalg.norm(apart, axis=2).min(axis=1).max())
