"""A scene as a host has it now, for other hosts: its numbers go out as they came, and nonsense is refused."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from nuke_rig import Curve, Rig, nk
from replate.agent.exports import write
from replate.errors import BadRequest, NotFound
from replate.frame import Box
from replate.media import open_plate
from replate.scene import Kind, Scene
from scene_plates import Shape
from usd_rules import complaints

Written = Callable[..., Any]

SHAPE = Shape(Box(0, 0, 48, 32), Box(-2, -1, 52, 34), numbers=(1001, 1002, 1003))
ENDINGS = {"nuke": "nk", "usd": "usda", "gltf": "glb"}


def turned(degrees: float, axis: int) -> NDArray[np.float64]:
    matrix, angle = np.eye(4), math.radians(degrees)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix[one, one] = matrix[two, two] = math.cos(angle)
    matrix[two, one], matrix[one, two] = math.sin(angle), -math.sin(angle)
    return matrix


def placed(*where: float) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, 3] = where
    return matrix


POSES = [
    placed(0.1 * frame, -0.2, 0.05 * frame) @ turned(170 + 5 * frame, 1) @ turned(20, 0) @ turned(-7 * frame, 2)
    for frame in range(5)
]
"""Turned about z, then x, then y, past 180 degrees."""
ASIDE = placed(0.5, 0.1, -1) @ turned(10, 2) @ np.diag((1.2, 0.8, 1.0, 1.0))


@pytest.fixture
def scene(written: Written) -> Scene:
    made: Scene = written(SHAPE, kind=Kind.GRID, focal=30.0, longest=24)[0]
    return made


@pytest.fixture
def export(scene: Scene, tmp_path: Path) -> Callable[..., tuple[Path, list[str]]]:
    def run(kind: str, **more: Any) -> tuple[Path, list[str]]:
        out = tmp_path / "elsewhere é" / f"shot.{ENDINGS[kind]}"
        said = write({"scene": str(tmp_path / "scene.json"), "out": str(out), "kind": kind, **more})
        assert said["path"] == out.as_posix()
        return out, said["warnings"]

    return run


def camera(**lens: Any) -> list[dict[str, Any]]:
    return [
        {"matrix": list(pose.flat), "focal": 30.0, "sensor": [36.0, 24.0], "offset": [0.0, 0.0], **lens}
        for pose in POSES
    ]


def put(*matrices: NDArray[np.float64], hidden: bool = False) -> dict[str, Any]:
    return {"matrices": [list(matrix.flat) for matrix in matrices], "hidden": hidden}


PUSHED = [np.diag((scale, scale, scale, 1.0)) for scale in (1.0, 1.1, 1.2, 1.3, 1.4)]
STAGED: dict[str, Any] = {
    "first": 1001,
    "fps": 25.0,
    "camera": camera(offset=[3.0, 1.5], focus=4.5, fstop=2.8),
    "layers": {"layer1": put(ASIDE), "hill": put(*PUSHED), "pole": {"hidden": True}},
}


def test_usd_refers_to_the_scene_and_has_every_number(export: Any, tmp_path: Path) -> None:
    out, said = export("usd", **STAGED)
    assert said == [] and "@../scene.usda@" in out.read_text("utf-8")
    stage = Usd.Stage.Open(str(out))
    assert complaints(stage) == []
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (1001, 1005, 25)
    eye = UsdGeom.Camera(stage.GetPrimAtPath("/scene/shot_camera"))
    for number, pose in enumerate(POSES, 1001):
        seen = eye.GetCamera(number)
        np.testing.assert_allclose(np.array(seen.transform).T, pose, atol=1e-6)
        assert (seen.focalLength, seen.horizontalAperture) == pytest.approx((0.3, 0.36))
        assert (seen.focusDistance, seen.fStop) == pytest.approx((4.5, 2.8))
        assert (seen.horizontalApertureOffset, seen.verticalApertureOffset) == pytest.approx((0.03, 0.015))
    assert not eye.GetFocalLengthAttr().GetTimeSamples()
    assert UsdGeom.Camera(stage.GetPrimAtPath("/scene/camera")).GetCamera(1003).transform == type(seen.transform)(1)
    # At 25 frames a second, of a scene at 24, frames keep their numbers.
    own = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    hill = [UsdGeom.Mesh(each.GetPrimAtPath("/scene/layers/hill")) for each in (stage, own)]
    for number, matrix in zip((1001, 1002, 1003), PUSHED, strict=False):
        here, there = (np.array(mesh.GetPointsAttr().Get(number)) for mesh in hill)
        np.testing.assert_array_equal(here, there)
        np.testing.assert_allclose(np.array(hill[0].GetLocalTransformation(number)).T, matrix, atol=1e-7)
    aside = UsdGeom.Xformable(stage.GetPrimAtPath("/scene/layers/layer1"))
    np.testing.assert_allclose(np.array(aside.GetLocalTransformation(1001)).T, ASIDE, atol=1e-7)
    assert UsdGeom.Imageable(stage.GetPrimAtPath("/scene/layers/pole")).ComputeVisibility() == "invisible"


def test_nuke_has_keyframes_without_leaps(export: Any) -> None:
    out, said = export("nuke", **STAGED)
    rig = Rig(out.read_text("utf-8"))
    assert said == []
    for number, pose in enumerate(POSES, 1001):
        x, y, z = (curve_at(rig, "own_rotate", axis, number) for axis in range(3))
        made = turned(y, 1) @ turned(x, 0) @ turned(z, 2)
        made[:3, 3] = [curve_at(rig, "own_translate", axis, number) for axis in range(3)]
        np.testing.assert_allclose(made, pose, atol=1e-6)
        assert curve_at(rig, "scale_hill", 0, number) == pytest.approx(PUSHED[number - 1001][0, 0])
    pans = [curve_at(rig, "own_rotate", 1, number) for number in range(1001, 1006)]
    assert np.ptp(np.diff(pans)) < 1e-5
    knobs = rig.group.knobs
    assert (knobs["move"], knobs["own_zoom"], knobs["on_pole"], knobs["on_hill"]) == ("own", "1", "false", "true")
    assert rig.values(rig.node("camera"), "win_translate") == pytest.approx([2 * 3 / 36, 2 * 1.5 / 36])
    # What is more than pushed goes with an axis, and so does what throws its picture.
    assert [node.name for node in rig.node("layer1_moved").inputs] == ["layer1_surface", "layer1_axis"]
    assert [node.name for node in rig.node("layer1_project").inputs][1] == "layer1_projector"
    assert [node.name for node in rig.node("layers").inputs] == ["layer1_moved", "hill_surface", "pole_surface"]
    assert rig.values(rig.node("layer1_axis"), "scaling") == pytest.approx([1.2, 0.8, 1.0])


def curve_at(rig: Any, knob: str, index: int, frame: int) -> float:
    """Of a group's knob: a number, or a curve with a key in each frame."""
    word = nk.split(rig.group.knobs[knob])[index]
    return float(Curve.parse(word).at(frame)) if word.startswith("curve") else float(word)


def test_gltf_is_one_file_of_one_frame(export: Any, scene: Scene, tmp_path: Path) -> None:
    out, said = export("gltf", **STAGED, frame=1002)
    assert len(said) == 1 and "no lens shift" in said[0]
    top, binary = opened(out)
    nodes = {node["name"]: node for node in top["nodes"]}
    assert list(nodes) == ["Camera", "Plate Camera", "layer1", "hill"]
    assert top["extensionsUsed"] == ["KHR_materials_unlit"]
    lens = top["cameras"][0]["perspective"]
    assert lens["yfov"] == pytest.approx(2 * math.atan(13.5 / 30)) and lens["aspectRatio"] == pytest.approx(42 / 27)
    assert lens["znear"] < min(layer.near for layer in scene.layers) / 10
    assert top["cameras"][0]["extras"]["replate"]["offset"] == [3.0, 1.5]
    own = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    for name, matrix in (("layer1", ASIDE), ("hill", PUSHED[1])):
        primitive = top["meshes"][nodes[name]["mesh"]]["primitives"][0]
        points = numbers(top, binary, primitive["attributes"]["POSITION"])
        mesh = UsdGeom.Mesh(own.GetPrimAtPath(f"/scene/layers/{name}"))
        wanted = np.array(mesh.GetPointsAttr().Get(1002)) @ matrix[:3, :3].T + matrix[:3, 3]
        np.testing.assert_allclose(
            points @ world(nodes[name])[:3, :3].T + nodes[name]["translation"], wanted, atol=1e-4
        )
        faces = numbers(top, binary, primitive["indices"]).reshape(-1, 3)
        assert faces.max() < len(points) and len(faces) == len(mesh.GetFaceVertexCountsAttr().Get())
        places = numbers(top, binary, primitive["attributes"]["TEXCOORD_0"])
        assert places[:, 1].argmin() in np.flatnonzero(points[:, 1] > points[:, 1].mean())
    materials = {material["name"]: material for material in top["materials"]}
    assert (materials["layer1"]["alphaMode"], materials["hill"]["alphaMode"]) == ("OPAQUE", "BLEND")
    picture, plate = png(top, binary, 1, tmp_path), open_plate(tmp_path / "hill" / "hill.1002.exr").read(1002)
    cover = plate.pixels[:, :, 3].astype(np.float32)
    np.testing.assert_allclose(picture[:, :, 3], cover, atol=0.51 / 255)
    straight = plate.pixels[:, :, :3].astype(np.float32) / np.maximum(cover, 1e-3)[:, :, None]
    code = np.where(straight <= 0.0031308, straight * 12.92, 1.055 * np.maximum(straight, 0) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(picture[cover > 0.02][:, :3], np.clip(code, 0, 1)[cover > 0.02], atol=1 / 255)
    # The edge's colour goes on outwards.
    assert picture[cover == 0][:, :3].max(axis=1).min() > 0
    channels = {each["target"]["path"] for each in top["animations"][0]["channels"] if each["target"]["node"] == 0}
    assert channels == {"translation", "rotation"}
    clock = numbers(top, binary, top["animations"][0]["samplers"][0]["input"])
    np.testing.assert_allclose(clock, np.arange(5) / 25)


def opened(file: Path) -> tuple[dict[str, Any], bytes]:
    data = file.read_bytes()
    magic, version, length, said = struct.unpack_from("<4sIII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data)) and said % 4 == 0
    top: dict[str, Any] = json.loads(data[20 : 20 + said])
    return top, data[20 + said + 8 :]


def numbers(top: dict[str, Any], binary: bytes, index: int) -> NDArray[Any]:
    accessor = top["accessors"][index]
    view = top["bufferViews"][accessor["bufferView"]]
    kind = {5126: "<f4", 5125: "<u4"}[accessor["componentType"]]
    flat = np.frombuffer(binary[view["byteOffset"] :][: view["byteLength"]], kind)
    found = flat.reshape(accessor["count"], -1)
    if "min" in accessor:
        np.testing.assert_array_equal((accessor["min"], accessor["max"]), (found.min(axis=0), found.max(axis=0)))
    return found[:, 0] if found.shape[1] == 1 else found


def world(node: dict[str, Any]) -> NDArray[np.float64]:
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return turn @ np.diag(node.get("scale", (1, 1, 1)))


def png(top: dict[str, Any], binary: bytes, image: int, folder: Path) -> NDArray[np.float32]:
    view = top["bufferViews"][top["images"][image]["bufferView"]]
    file = folder / "picture.png"
    file.write_bytes(binary[view["byteOffset"] :][: view["byteLength"]])
    picture = oiio.ImageInput.open(str(file), _unassociated())
    assert picture is not None
    return np.asarray(picture.read_image(oiio.FLOAT))


def _unassociated() -> oiio.ImageSpec:
    wish = oiio.ImageSpec()
    wish["oiio:UnassociatedAlpha"] = 1
    return wish


def test_without_a_camera_it_rests(export: Any, scene: Scene) -> None:
    stage = Usd.Stage.Open(str(export("usd")[0]))
    eye = UsdGeom.Camera(stage.GetPrimAtPath("/scene/shot_camera")).GetCamera(1002)
    rest = UsdGeom.Camera(stage.GetPrimAtPath("/scene/camera")).GetCamera(1002)
    assert (eye.transform, eye.focalLength, eye.verticalAperture) == pytest.approx(
        (rest.transform, rest.focalLength, rest.verticalAperture)
    )


SHEARED = np.eye(4)
SHEARED[0, 1] = 0.5
FLAT = np.diag((1.0, 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("usd", {"camera": [{**camera()[0], "matrix": [1.0] * 15}]}, "16 numbers"),
        ("usd", {"camera": [{**camera()[0], "matrix": [*([0.0] * 15), 1.0]}]}, "scaled to nothing"),
        ("usd", {"camera": [{**camera()[0], "matrix": list(np.diag((-1.0, 1, 1, 1)).flat)}]}, "mirrored"),
        ("usd", {"camera": [{**camera()[0], "focal": 0}]}, "no lens"),
        ("usd", {"camera": [{**camera()[0], "focal": 1e400}]}, "where a number should"),
        ("usd", {"camera": [{**camera()[0], "sensor": [36.0]}]}, "two lengths"),
        ("usd", {"camera": [{**camera()[0], "roll": 1}]}, "must have matrix, focal"),
        ("usd", {"camera": [{**camera()[0], "fstop": -1}]}, "focused nowhere"),
        ("usd", {"camera": [camera()[0]] * 20_001}, "20001 frames"),
        ("usd", {"layers": {"dog": {}}}, "no layer 'dog'"),
        ("usd", {"layers": {"hill": {"scale": 2}}}, "and nothing else"),
        ("usd", {"layers": {"hill": put(ASIDE, ASIDE)}}, "2 places"),
        ("usd", {"layers": {"hill": put(FLAT)}}, "scaled to nothing"),
        ("usd", {"layers": {"hill": put(np.eye(4) * 1e300)}}, "too large"),
        ("usd", {"layers": {name: {"hidden": True} for name in ("layer1", "hill", "pole")}}, "All layers are hidden"),
        ("nuke", {"layers": {"hill": put(SHEARED)}}, "hill is sheared"),
        ("gltf", {"layers": {"hill": put(SHEARED)}}, "hill is sheared"),
        ("usd", {"fps": 5000}, "frames a second"),
        ("obj", {}, "one of nuke, usd, gltf"),
        ("usd", {"out": "shot.usda"}, "whole path"),
        ("usd", {"out": "/nowhere/shot.usdc"}, "ends in .usda"),
    ],
)
def test_what_makes_no_sense_is_refused(scene: Scene, tmp_path: Path, kind: str, more: Any, said: str) -> None:
    out = str(tmp_path / f"shot.{ENDINGS.get(kind, kind)}")
    with pytest.raises(BadRequest, match=said):
        write({"scene": str(tmp_path), "out": out, "kind": kind, **more})
    assert not list(tmp_path.glob("shot.*")) and not list(tmp_path.glob(".shot*"))


def test_usd_can_say_a_shear(export: Any) -> None:
    stage = Usd.Stage.Open(str(export("usd", layers={"hill": put(SHEARED)})[0]))
    hill = UsdGeom.Xformable(stage.GetPrimAtPath("/scene/layers/hill"))
    np.testing.assert_allclose(np.array(hill.GetLocalTransformation(1001)).T, SHEARED)


def test_the_scenes_own_files_stay(scene: Scene, tmp_path: Path) -> None:
    for kind, name in (("usd", "scene.usda"), ("nuke", "scene.nk")):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(BadRequest, match="own file"):
            write({"scene": str(tmp_path / "scene.json"), "out": str(tmp_path / name), "kind": kind})
        assert (tmp_path / name).read_bytes() == before


def test_what_is_not_there_is_named(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no scene file"):
        write({"scene": str(tmp_path / "none" / "scene.json"), "out": str(tmp_path / "a.nk"), "kind": "nuke"})
    (tmp_path / "hill" / "hill.1001.exr").unlink()
    with pytest.raises(NotFound, match=r"hill\.1001\.exr"):
        write({"scene": str(tmp_path), "out": str(tmp_path / "a.glb"), "kind": "gltf"})
    (tmp_path / "geometry" / "layer1.usdc").write_bytes(b"no geometry")
    with pytest.raises(BadRequest, match=r"layer1\.usdc is no USD file"):
        write({"scene": str(tmp_path), "out": str(tmp_path / "a.glb"), "kind": "gltf"})
