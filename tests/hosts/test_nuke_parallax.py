"""A scene in Nuke: at rest it is the plate, and built again it keeps what the artist made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from numpy.typing import NDArray

from in_nuke import Nuke
from nuke_rig import nk
from replate.frame import Box, Frame, FrameSpec
from replate.media import write_frame
from replate.scene import Kind, write
from replate_server.operations.layers.camera import at_rest as server_camera
from replate_server.operations.layers.packing import unpacked
from replate_server.operations.layers.render import render
from replate_server.operations.layers.surface import stacked
from replate_server.operations.move.moves import Move, cameras
from scene_plates import Shape, taken_apart
from serving import serving

LIMIT = 2 / 255
FRAMES = (1001, 1002, 1003)
SHAPES: dict[str, tuple[Shape, dict[str, Any]]] = {
    "a still": (Shape(Box(0, 0, 64, 40), numbers=(1002,)), {}),
    "overscan": (Shape(Box(0, 0, 60, 40), Box(-9, -5, 77, 52), numbers=FRAMES), {}),
    "anamorphic, shifted lens": (
        Shape(Box(0, 0, 48, 44), pixel_aspect=2.0, numbers=FRAMES),
        {"offset": (5.0, -3.0), "focal": 24.0},
    ),
    "all at once": (
        Shape(Box(0, 0, 40, 64), Box(-4, -6, 50, 76), pixel_aspect=0.5, opaque=False, numbers=FRAMES),
        {"offset": (3.0, 2.0), "focal": 80.0, "longest": 40},
    ),
}
AT_REST: dict[str, dict[str, Any]] = {
    "no parallax": {"parallax": 0},
    "no parallax, layers elsewhere": {"parallax": 0, "move": "dolly", "scale_hill": 0.9, "offset_layer1": 3.0},
    "where the move begins": {"start": 1002, "amplitude": 0.3, "move": "handheld", "sway": 4},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def nuke(home: Path) -> Nuke:
    return Nuke(home)


@pytest.fixture(scope="module")
def at_rest(nuke: Nuke, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, Kind, str], float]:
    """The largest error of each scene, by what its knobs say."""
    folder = tmp_path_factory.mktemp("rest")
    plates, tasks = {}, []
    for name, kind in product(SHAPES, Kind):
        shape, options = SHAPES[name]
        home, taken = folder / f"{name} {kind.value}", taken_apart(shape)
        write(home, taken.frames, kind=kind, **options)
        for rest, knobs in AT_REST.items():
            out = home / f"{rest}.exr"
            plates[name, kind, rest] = (out, shape.window, taken.plates[1002])
            tasks.append({"scene": str(home / "scene.json"), "knobs": knobs, "frame": 1002, "out": out.as_posix()})
    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    passes(nuke, "parallax_rest", file)
    return {which: worst(*plate) for which, plate in plates.items()}


@pytest.mark.parametrize("rest", AT_REST)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", SHAPES)
def test_at_rest_it_is_the_plate(
    at_rest: Mapping[tuple[str, Kind, str], float], name: str, kind: Kind, rest: str
) -> None:
    assert at_rest[name, kind, rest] < LIMIT


@pytest.mark.parametrize("kind", Kind)
def test_a_moved_frame_is_what_the_server_renders(nuke: Nuke, tmp_path: Path, kind: Kind) -> None:
    """The same move of the same layers; what differs are the filter, and edges that the server smooths."""
    taken = taken_apart(Shape(Box(0, 0, 96, 64), numbers=FRAMES, noise=False, glow=False))
    scene = write(tmp_path / "scene", taken.frames, kind=kind, offset=(3.0, 2.0), focal=30.0)
    moves = ("orbit", "dolly-zoom")
    knobs = {"amplitude": 0.15, "cycle": 3, "start": 1001, "fps": 24}
    task = {"scene": str(tmp_path / "scene" / "scene.json"), "frame": 1003}
    outs = {move: tmp_path / f"{move}.exr" for move in moves}
    tasks = [{**task, "knobs": {**knobs, "move": move}, "out": out.as_posix()} for move, out in outs.items()]
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    passes(nuke, "parallax_rest", file)
    frames = {name: frame for name, frame in taken.frames if frame.spec.number == 1003}
    surfaces = stacked([(sheet.texture, sheet.depth) for sheet in unpacked(frames["layers"], frames["depths"])], "cpu")
    rest = server_camera(frames["layers"].spec, 30.0, offset=(3.0, 2.0))
    for move, out in outs.items():
        moved = Move(move, 0.15, scene.layers[-1].distance)
        camera = cameras(rest, moved, [0, 1 / 24, 2 / 24])[-1]
        wanted = render(surfaces, rest, camera, kind.value).numpy()[6:-6, 6:-6]
        shown = pixels(out)[1][6:-6, 6:-6, :4]
        still = taken.plates[1003][6:-6, 6:-6]
        assert np.median(np.abs(shown - wanted)) < LIMIT
        assert np.abs(shown - wanted).mean() < np.abs(still - wanted).mean() / 3


def test_scene_nk_and_the_plugin_make_the_same(nuke: Nuke, tmp_path: Path) -> None:
    shape = Shape(Box(0, 0, 60, 40), Box(-2, -1, 64, 42), numbers=FRAMES)
    write(tmp_path / "scene", taken_apart(shape).frames, title="shot", offset=(2.0, 1.0))
    passes(nuke, "parallax_opened", tmp_path / "scene" / "scene.json", tmp_path)
    built, pasted = (
        nk.loads((tmp_path / f"{which}.nk").read_text(encoding="utf-8")).node("Parallax")
        for which in ("built", "pasted")
    )
    assert said(built) == said(pasted)
    assert [each.name for each in built.user] == [each.name for each in pasted.user]
    assert {each.name: said(each) for each in built.children} == {each.name: said(each) for each in pasted.children}
    # It is in the script alone: it opens and renders the same where Replate is not.
    bare = replace(nuke, more={"NUKE_PATH": ""})
    passes(bare, "parallax_reopened", tmp_path / "built.nk", tmp_path / "bare.exr")
    first = pixels(tmp_path / "built.exr")
    assert first[0] == ["R", "G", "B", "A", "depth.Z"]
    for other in ("pasted", "bare"):
        np.testing.assert_array_equal(first[1], pixels(tmp_path / f"{other}.exr")[1])


def test_buttons_say_in_a_sentence_what_is_wrong(nuke: Nuke, tmp_path: Path) -> None:
    write(tmp_path, taken_apart(Shape(Box(0, 0, 32, 24), numbers=FRAMES)).frames, kind=Kind.CARD)
    report = tmp_path / "report.json"
    passes(nuke, "parallax_pressed", report, tmp_path / "scene.nk", gui=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    stands, nothing, missing = found["said"]
    assert "stands still" in stands and "Nothing is seen" in nothing and "/nowhere/scene.json" in missing
    assert all(said.endswith(".") for said in found["said"])
    assert (found["move"], found["zoom"], found["another"]) == ("own", 1.5, True)
    bare = replace(nuke, more={"NUKE_PATH": ""})
    passes(bare, "parallax_pressed", report, tmp_path / "scene.nk", gui=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    assert len(found["said"]) == 5 and all("replate install nuke" in said for said in found["said"])
    # What the camera does is in the script; another hand is the plugin's.
    assert (found["move"], found["another"]) == ("orbit", False)


def test_depth_is_one_over_the_distance_along_the_view(nuke: Nuke, tmp_path: Path) -> None:
    shape = Shape(Box(0, 0, 60, 40), numbers=FRAMES)
    scene = write(tmp_path / "scene", taken_apart(shape).frames, kind=Kind.CARD)
    file, out = tmp_path / "tasks.json", tmp_path / "depth.exr"
    task = {"scene": str(tmp_path / "scene" / "scene.json"), "knobs": {"parallax": 0, "scale_layer1": 2.0}}
    file.write_text(json.dumps([{**task, "frame": 1002, "out": out.as_posix()}]), encoding="utf-8")
    passes(nuke, "parallax_rest", file)
    far = scene.layers[0].distance * 2
    assert pixels(out)[1][0, 0, 4] == pytest.approx(1 / far, rel=1e-5)


def test_what_is_in_focus_stays_sharp_and_depth_as_it_is(nuke: Nuke, tmp_path: Path) -> None:
    taken = taken_apart(Shape(Box(0, 0, 96, 64), numbers=FRAMES))
    scene = write(tmp_path / "scene", taken.frames, kind=Kind.CARD)
    task = {"scene": str(tmp_path / "scene" / "scene.json"), "frame": 1002}
    sharp, out, file = tmp_path / "sharp.exr", tmp_path / "out.exr", tmp_path / "tasks.json"
    knobs = {"parallax": 0, "focus": scene.layers[0].distance}
    tasks = [{**task, "knobs": knobs, "out": sharp.as_posix()}]
    tasks += [{**task, "knobs": {**knobs, "defocus": 6.0}, "out": out.as_posix()}]
    file.write_text(json.dumps(tasks), encoding="utf-8")
    passes(nuke, "parallax_rest", file)
    (_, before), (_, after) = pixels(sharp), pixels(out)
    np.testing.assert_allclose(after[..., 4], before[..., 4], rtol=1e-6)
    # Up on the left is the backmost card alone; the pole is nearest.
    far, near = (slice(0, 4), slice(5, 30)), np.argwhere(before[32, :, 4] == before[32, :, 4].max())[0, 0]
    np.testing.assert_allclose(after[far][..., :3], before[far][..., :3], atol=LIMIT)
    assert np.abs(after[30:34, near, :3] - before[30:34, near, :3]).max() > 0.05


def test_building_again_keeps_what_the_artist_changed(nuke: Nuke, tmp_path: Path) -> None:
    shape = Shape(Box(0, 0, 60, 40), numbers=FRAMES)
    frames = taken_apart(shape).frames
    write(tmp_path / "grids", frames)
    write(tmp_path / "cards", frames, kind=Kind.CARD, focal=50.0)
    without_the_foremost(tmp_path / "cards" / "scene.json")
    report = tmp_path / "report.json"
    passes(nuke, "parallax_again", report, tmp_path / "grids" / "scene.json", tmp_path / "cards" / "scene.json")
    found = json.loads(report.read_text(encoding="utf-8"))
    before, other = found["before"], found["other"]
    assert found["same"] == before == found["back"]
    assert before["scene"] == ["layer1_surface", "hill_surface", "pole_surface", "extra"]
    assert before["surface"] == "ReadGeo2" and len(before["pole"]) == 3 + 3
    followed = {
        "file": (tmp_path / "cards" / "hill" / "hill.%04d.exr").as_posix(),
        "focal": 50.0,
        "surface": "Card2",
        "scene": ["layer1_surface", "hill_surface", "extra"],
        "pole": [],
    }
    assert other == {**before, **followed}


def test_moves_become_keyframes_hands_differ_and_focus_is_picked(nuke: Nuke, tmp_path: Path) -> None:
    write(tmp_path / "scene", taken_apart(Shape(Box(0, 0, 64, 40), numbers=FRAMES)).frames, kind=Kind.CARD)
    report = tmp_path / "report.json"
    passes(nuke, "parallax_moved", report, tmp_path / "scene" / "scene.json")
    found = json.loads(report.read_text(encoding="utf-8"))
    for said in found["moves"].values():
        assert said["move"] == "own"
        np.testing.assert_allclose(said["baked"], said["seen"], atol=1e-5)
        assert np.ptp(said["seen"], axis=0).max() > 0.01
        assert said["edited"] == pytest.approx(100.0)
    first, other = found["hands"]
    assert not np.allclose(first, other)
    begin, end = found["loop"]
    np.testing.assert_allclose(begin, end, atol=1e-6)
    for focus, sharp, distance in found["picked"]:
        assert sharp == pytest.approx(distance, rel=1e-5)
        assert focus > 0


def test_a_plate_becomes_a_scene_in_its_node(home: Path, tmp_path: Path) -> None:
    pattern = tmp_path / "plates" / "shot.%04d.exr"
    pattern.parent.mkdir()
    taken = taken_apart(Shape(Box(0, 0, 96, 64), numbers=(1001, 1002), glow=False, noise=False))
    for number, plate in taken.plates.items():
        spec = FrameSpec(number, Box(0, 0, 96, 64), Box(0, 0, 96, 64), ("R", "G", "B", "A"), colour_space="lin_rec709")
        write_frame(str(pattern) % number, Frame(spec, plate.astype(np.float16)))
    report, result, script = tmp_path / "report.json", tmp_path / "rest.exr", tmp_path / "shot.nk"
    with serving(tmp_path / "server") as server:
        passes(Nuke(home, server.address), "parallax_made", report, pattern, result, script)
    found = json.loads(report.read_text(encoding="utf-8"))
    assert (found["before"], found["after"], found["focal"]) == ("plate", "picture", 28.0)
    assert len(found["layers"]) == 2
    assert Path(found["scene"]).is_file()
    assert worst(result, Box(0, 0, 96, 64), taken.plates[1001]) < LIMIT
    # Grids of the same layers are another scene, in the same network.
    assert (found["surfaces"], found["amplitude"], found["versions"]) == (["ReadGeo2"], 0.3, 2)
    # The farm needs no server for what lies on disk.
    done = Nuke(home, "127.0.0.1:1").run("-x", "-F", "1001-1002", script)
    assert done.code == 0, done.said
    first, second = (pixels(tmp_path / f"shot.{number}.exr")[1] for number in (1001, 1002))
    np.testing.assert_allclose(first[..., :3], pixels(result)[1][..., :3], atol=LIMIT)
    assert np.abs(second - first).max() > 0.1


def passes(nuke: Nuke, name: str, *arguments: object, gui: bool = False) -> str:
    """What a scenario printed; the test fails with all of it if the scenario did."""
    done = nuke.scenario(name, *arguments, gui=gui)
    assert done.code == 0, f"{name}: {done.said[-6000:]}"
    return done.said


def pixels(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Channels' names, and [height, width, channels] over the data window."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, oiio.geterror()
    try:
        return list(file.spec().channelnames), file.read_image("float")
    finally:
        file.close()


def worst(path: Path, window: Box, plate: NDArray[np.float32]) -> float:
    """The largest difference of a render to the plate, over the plate's data window and beside it."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, oiio.geterror()
    spec, names = file.spec(), list(file.spec().channelnames)
    shown = file.read_image("float")[..., [names.index(name) for name in "RGBA"]]
    file.close()
    whole = np.zeros((*shown.shape[:2], 4), np.float32)
    top, left = window.y - spec.y, window.x - spec.x
    assert top >= 0 and left >= 0
    whole[top : top + window.height, left : left + window.width] = plate
    beside = np.ones(shown.shape[:2], bool)
    # A surface reaches beyond its picture, whose edge goes on there.
    beside[max(top - 4, 0) : top + window.height + 4, max(left - 4, 0) : left + window.width + 4] = False
    beside[top : top + window.height, left : left + window.width] = True
    return float(np.abs(shown - whole)[beside].max())


def said(node: Any) -> tuple[Any, ...]:
    """What a script says of a node, but for where it stands and what the plugin remembers."""
    knobs = {
        name: text for name, text in node.knobs.items() if name not in ("xpos", "ypos", "selected", "built", "name")
    }
    inputs = [source and source.name for source in node.inputs]
    return node.kind, knobs, inputs, [each.name for each in node.user]


def without_the_foremost(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    found["layers"].pop()
    path.write_text(json.dumps(found), encoding="utf-8")
