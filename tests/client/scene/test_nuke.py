"""scene.nk: nodes and knobs that Nuke has, wired so that the script gives the plate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Usd, UsdGeom

from nuke_rig import Rig
from replate.frame import Box
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart

Written = Callable[..., Any]

OF_READERS = {"ReadGeo2": {"read_on_each_frame"}}
"""Knobs that a file's reader adds to a node: github.com/TheFoundryVisionmongers/NukeUsdPlugins, usdReaderFormat.cpp."""
FORMAT = re.compile(r"\d+ \d+ 0 0 \d+ \d+ [\d.]+ \w*")
PLACE = {"name", "xpos", "ypos"}


@pytest.fixture
def script(written: Written, tmp_path: Path) -> Callable[..., tuple[Any, Rig]]:
    def make(*args: Any, **options: Any) -> tuple[Any, Rig]:
        scene, _ = written(*args, **options)
        return scene, Rig((tmp_path / "scene.nk").read_text(encoding="utf-8"))

    return make


@pytest.fixture(scope="session")
def known(footage: Path) -> dict[str, Any]:
    path = footage.parent / "nuke" / "knobs.json"
    if not path.is_file():
        pytest.skip("there is no list of Nuke's knobs beside this checkout")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("numbers", [(7,), (1, 2, 3)])
def test_nuke_has_every_node_knob_and_value(
    script: Any, known: dict[str, Any], kind: Kind, numbers: tuple[int, ...]
) -> None:
    _, rig = script(Shape(Box(0, 0, 40, 24), Box(-2, -2, 44, 28), numbers=numbers), kind=kind)
    for node in rig.group.children:
        assert node.kind in known, node.kind
        least, most = known[node.kind]["inputs"]
        assert len(node.inputs) <= max(most, least)
        own = {control.name for control in node.user}
        for name, value in node.knobs.items():
            if name in OF_READERS.get(node.kind, set()) | PLACE | own:
                continue
            knob = known[node.kind]["knobs"][name]
            if value.startswith("{"):
                # An expression; of an enumeration it gives the number of the line.
                of_lines = range(len(knob["values"])) if "values" in knob else None
                for shown in (0, 1):
                    rig.turned = {control.name: shown for control in rig.group.user if control.name.startswith("on_")}
                    assert of_lines is None or rig.value(node, name) in of_lines
            elif knob["class"] == "Enumeration_Knob":
                assert value in {choice.split("\t")[0] for choice in knob["values"]}, (name, value)
            elif knob["class"] == "Boolean_Knob":
                assert value in ("true", "false")
            elif knob["class"] == "Format_Knob":
                assert FORMAT.fullmatch(value)
            elif knob["class"] not in ("File_Knob", "String_Knob", "ChannelMask_Knob", "Channel_Knob", "PythonKnob"):
                assert [float(number) for number in value.split()]


def test_every_expression_comes_to_a_number(script: Any) -> None:
    _, rig = script()
    for move in range(6):
        for path in range(3):
            rig.turned = {"move": move, "path": path}
            for node in rig.group.children:
                for knob in (knob for knob, value in node.knobs.items() if value.startswith("{")):
                    assert all(np.isfinite(value) for value in rig.values(node, knob, 1002))


def test_layers_go_from_their_pictures_through_the_camera_to_the_render(script: Any, tmp_path: Path) -> None:
    scene, rig = script()
    (render,) = rig.kinds("ScanlineRender")
    background, layers, camera = render.inputs
    assert (background.kind, layers.kind, camera.kind) == ("Constant", "Scene", "Camera3")
    assert background.knobs["format"].split()[:2] == ["48", "64"]
    assert background.knobs["format"].split()[6] == "2"
    assert [node.knobs["name"] for node in layers.inputs] == [f"{layer.name}_surface" for layer in scene.layers]
    resting = {id(geometry.inputs[0].inputs[1]) for geometry in layers.inputs}
    assert len(resting) == 1 and id(camera) not in resting
    for layer, geometry in zip(scene.layers, layers.inputs, strict=True):
        project = geometry.inputs[0]
        read, rest = project.inputs
        assert (geometry.kind, project.kind, rest.kind) == ("ReadGeo2", "Project3D2", "Camera3")
        assert geometry.knobs["file"] == (tmp_path / layer.geometry).as_posix()
        assert read.knobs["file"] % 1002 == (tmp_path / f"{layer.name}/{layer.name}.1002.exr").as_posix()
        assert Path(read.knobs["file"] % 1002).is_file()
        assert (read.knobs["first"], read.knobs["last"], read.knobs["raw"]) == ("1001", "1003", "true")
        assert project.knobs["crop"] == "false"
        assert geometry.knobs["read_on_each_frame"] == "true"
        # Nuke reads nothing of a USD file that is not chosen.
        stage = Usd.Stage.Open(geometry.knobs["file"])
        (mesh,) = (prim.GetPath() for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh))
        assert f'setSelectedItems(["{mesh}"])' in geometry.knobs["onCreate"]
        assert rig.value(geometry, "uniform_scale") == 1
        for knob in ("focal", "haperture", "vaperture", "win_translate"):
            assert rig.values(rest, knob, 1001) == rig.values(camera, knob, 1001)
    assert rig.values(render, "overscan") == [6, 4]
    (output,) = rig.kinds("Output")
    # Depth of field is off, and then the render itself goes out.
    (switch,) = output.inputs
    assert (rig.value(switch, "which"), switch.inputs[0]) == (0, render)


def test_with_no_parallax_the_camera_never_leaves_its_place(script: Any) -> None:
    _, rig = script()
    camera, rest = rig.node("camera"), rig.node("rest_camera")
    for move in range(6):
        rig.turned = {"move": move, "parallax": 0, "own_translate.x": 3, "own_zoom": 2}
        for frame in (1001, 1002, 1003, 1200):
            assert rig.values(camera, "translate", frame) == rig.values(camera, "rotate", frame) == [0, 0, 0]
            assert rig.value(camera, "focal", frame) == rig.value(rest, "focal")
    # And with any, every move begins there.
    for move in range(5):
        rig.turned = {"move": move, "parallax": 1}
        np.testing.assert_allclose(rig.values(camera, "translate", 1001), 0, atol=1e-9)
        np.testing.assert_allclose(rig.values(camera, "rotate", 1001), 0, atol=1e-9)


def test_a_still_is_held(script: Any) -> None:
    _, rig = script(Shape(Box(0, 0, 40, 24), numbers=(7,)))
    holds = rig.kinds("FrameHold")
    assert len(holds) == 3
    assert {hold.knobs["firstFrame"] for hold in holds} == {"7"}
    assert all(hold.inputs[0].kind == "Read" for hold in holds)
    assert {surface.knobs["read_on_each_frame"] for surface in rig.kinds("ReadGeo2")} == {"false"}


@pytest.mark.parametrize("farther", [1.0, 2.5])
def test_nukes_camera_sees_the_cards_where_the_pictures_are(script: Any, farther: float) -> None:
    """Projected as `nukescripts.snap3d.cameraProjectionMatrix` does, in pixels from the bottom left."""
    scene, rig = script(kind=Kind.CARD, focal=28.0, offset=(3.0, -2.0))
    rig.turned = {f"scale_{layer.name}": farther for layer in scene.layers}
    camera = rig.node("camera")
    focal, aperture = rig.value(camera, "focal", 1001), rig.value(camera, "haperture")
    right, up = rig.values(camera, "win_translate")
    width, height, aspect = 48, 64, 2.0
    cards = rig.node("layers").inputs
    for card, layer in zip(cards, scene.layers, strict=True):
        assert (card.kind, card.knobs["image_aspect"]) == ("Card2", "false")
        # Scaled about the origin, and then moved.
        size = np.array(rig.values(card, "scaling")[:2]) * rig.value(card, "uniform_scale")
        *middle, behind = rig.values(card, "translate")
        assert -behind == pytest.approx(layer.distance * farther)
        corners = np.array([(-0.5, -0.5), (0.5, 0.5)]) * size + middle
        ndc = 2 * focal / aperture * corners / -behind - (right, up)
        x = (ndc[:, 0] + 1) * width / 2
        y = (ndc[:, 1] + height / width / aspect) * width / 2 * aspect
        area = layer.area
        np.testing.assert_allclose(x, [area.x, area.x + area.width], atol=1e-3)
        np.testing.assert_allclose(y, [height - area.y - area.height, height - area.y], atol=1e-3)


def test_an_odd_folder_is_quoted(tmp_path: Path) -> None:
    folder = tmp_path / 'a "shot" [1] $x {y'
    write(folder, taken_apart(Shape(Box(0, 0, 24, 16), numbers=(1,))).frames)
    rig = Rig((folder / "scene.nk").read_text(encoding="utf-8"))
    reads = rig.kinds("Read")
    # Nuke takes what stands in a file knob's brackets for an expression, unless it is told not to.
    assert all(Path(read.knobs["file"].replace("\\[", "[").replace("\\]", "]")).is_file() for read in reads)
    assert all("\\[1\\]" in read.knobs["file"] for read in reads)
