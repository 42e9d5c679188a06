"""scene.nk: nodes and knobs that Nuke has, wired so that the script gives the plate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.frame import Box
from replate.scene import Kind
from scene_plates import Shape

tkinter = pytest.importorskip("tkinter", reason="this Python was built without Tcl")

Written = Callable[..., Any]

OF_READERS = {"ReadGeo2": {"read_on_each_frame"}}
"""Knobs that a file's reader adds to a node: github.com/TheFoundryVisionmongers/NukeUsdPlugins, usdReaderFormat.cpp."""
FORMAT = re.compile(r"\d+ \d+ 0 0 \d+ \d+ [\d.]+ \w*")


@dataclass(frozen=True, eq=False)
class Node:
    kind: str
    knobs: dict[str, str]
    inputs: list[Node] = field(default_factory=list)

    def numbers(self, knob: str) -> list[float]:
        return [float(number) for number in self.knobs[knob].split()]


def parsed(script: str) -> list[Node]:
    """The nodes of a script, wired as Nuke's stack wires them. The script is Tcl, and Tcl reads it."""
    tcl = tkinter.Tcl()
    stack: list[Node] = []
    nodes: list[Node] = []

    def unknown(kind: str, body: str) -> None:
        words = tcl.splitlist(body)
        knobs = dict(zip(words[::2], words[1::2], strict=True))
        count = int(knobs.pop("inputs", 1))
        nodes.append(Node(kind, knobs, [stack.pop() for _ in range(count)]))
        stack.append(nodes[-1])

    kept: dict[str, Node] = {}

    def remember(name: str, value: str) -> None:
        assert value == "the stack's"
        kept[name] = stack[-1]

    tcl.createcommand("unknown", unknown)
    tcl.createcommand("version", lambda *version: None)
    tcl.createcommand("stack", lambda place: "the stack's")
    tcl.createcommand("push", lambda name: stack.append(kept[name]))
    tcl.createcommand("remember", remember)
    # `set x [stack 0]` names a node; `push $x` puts it back.
    tcl.eval("rename set tcl_set")
    tcl.createcommand("set", remember)
    tcl.eval(re.sub(r"^push \$(\w+)$", r"push \1", script, flags=re.M))
    assert len(stack) == 1
    return nodes


@pytest.fixture
def script(written: Written, tmp_path: Path) -> Callable[..., tuple[Any, list[Node]]]:
    def make(*args: Any, **options: Any) -> tuple[Any, list[Node]]:
        scene, _ = written(*args, **options)
        return scene, parsed((tmp_path / "scene.nk").read_text(encoding="utf-8"))

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
    _, nodes = script(Shape(Box(0, 0, 40, 24), Box(-2, -2, 44, 28), numbers=numbers), kind=kind)
    for node in nodes:
        assert node.kind in known, node.kind
        least, most = known[node.kind]["inputs"]
        assert len(node.inputs) <= max(most, least)
        for name, value in node.knobs.items():
            if name in OF_READERS.get(node.kind, ()):
                continue
            knob = known[node.kind]["knobs"][name]
            if knob["class"] == "Enumeration_Knob":
                assert value in {choice.split("\t")[0] for choice in knob["values"]}, (name, value)
            elif knob["class"] == "Boolean_Knob":
                assert value in ("true", "false")
            elif knob["class"] == "Format_Knob":
                assert FORMAT.fullmatch(value)
            elif knob["class"] not in ("File_Knob", "String_Knob", "ChannelMask_Knob", "Channel_Knob"):
                assert [float(number) for number in value.split()]


def test_layers_go_from_their_pictures_through_the_camera_to_the_render(script: Any, tmp_path: Path) -> None:
    scene, nodes = script()
    render = nodes[-1]
    assert render.kind == "ScanlineRender"
    background, layers, camera = render.inputs
    assert (background.kind, layers.kind, camera.kind) == ("Constant", "Scene", "Camera3")
    assert background.knobs["format"].split()[:2] == ["48", "64"]
    assert background.knobs["format"].split()[6] == "2"
    assert [node.knobs["name"] for node in layers.inputs] == [layer.name for layer in scene.layers]
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
        # Only what moves is read frame by frame.
        assert ("read_on_each_frame" in geometry.knobs) == (layer.name == "hill")
        assert {knob: rest.knobs[knob] for knob in ("focal", "haperture", "vaperture", "win_translate")} == {
            knob: camera.knobs[knob] for knob in ("focal", "haperture", "vaperture", "win_translate")
        }
    assert render.numbers("overscan") == [6, 4]


def test_a_still_is_held(script: Any) -> None:
    _, nodes = script(Shape(Box(0, 0, 40, 24), numbers=(7,)))
    holds = [node for node in nodes if node.kind == "FrameHold"]
    assert len(holds) == 3
    assert {hold.knobs["firstFrame"] for hold in holds} == {"7"}
    assert all(hold.inputs[0].kind == "Read" for hold in holds)


def test_nukes_camera_sees_the_cards_where_the_pictures_are(script: Any) -> None:
    """Projected as `nukescripts.snap3d.cameraProjectionMatrix` does, in pixels from the bottom left."""
    scene, nodes = script(kind=Kind.CARD, focal=28.0, offset=(3.0, -2.0))
    camera = nodes[-1].inputs[2]
    (focal,), (aperture,) = camera.numbers("focal"), camera.numbers("haperture")
    right, up = camera.numbers("win_translate")
    width, height, aspect = 48, 64, 2.0
    for card in nodes[-1].inputs[1].inputs:
        assert (card.kind, card.knobs["image_aspect"]) == ("Card2", "false")
        corners = np.array([(-0.5, -0.5), (0.5, 0.5)]) * card.numbers("scaling")[:2] + card.numbers("translate")[:2]
        depth = -card.numbers("translate")[2]
        ndc = 2 * focal / aperture * corners / depth - (right, up)
        x = (ndc[:, 0] + 1) * width / 2
        y = (ndc[:, 1] + height / width / aspect) * width / 2 * aspect
        (area,) = {layer.area for layer in scene.layers}
        np.testing.assert_allclose(x, [area.x, area.x + area.width], atol=1e-3)
        np.testing.assert_allclose(y, [height - area.y - area.height, height - area.y], atol=1e-3)


def test_an_odd_folder_is_quoted(tmp_path: Path) -> None:
    from replate.scene import write
    from scene_plates import taken_apart

    folder = tmp_path / 'a "shot" [1] $x {y'
    write(folder, taken_apart(Shape(Box(0, 0, 24, 16), numbers=(1,))).frames)
    nodes = parsed((folder / "scene.nk").read_text(encoding="utf-8"))
    reads = [node for node in nodes if node.kind == "Read"]
    # Nuke takes what stands in a file knob's brackets for an expression, unless it is told not to.
    assert all(Path(read.knobs["file"].replace("\\[", "[").replace("\\]", "]")).is_file() for read in reads)
    assert all("\\[1\\]" in read.knobs["file"] for read in reads)
