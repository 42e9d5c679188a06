"""A rig in Blender: at rest the plate whatever it says, moved as the server does, and the artist's once it is built."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blenders import each_blender
from replate.frame import Box
from replate.media import open_plate
from replate.scene import Kind, Scene, write
from replate_server.operations.layers.camera import Camera
from replate_server.operations.move.moves import Move, cameras, clear
from scene_plates import Shape, taken_apart
from scene_renders import LIMIT, plate, rendered, worst

Blender = Callable[[Sequence[dict[str, Any]]], None]

pytestmark = each_blender

PUSHED = {"hill": {"depth_scale": 0.9, "depth_offset": -0.2}, "layer1": {"depth_scale": 3.0}}
RESTING: dict[str, dict[str, Any]] = {
    "as built, where the move begins": {"frame": 1001},
    "parallax 0 in the middle of the move": {"frame": 1030, "rig": {"parallax": 0.0}},
    "handles pushed": {"frame": 1001, "handles": PUSHED},
    "deeper": {"frame": 1040, "rig": {"parallax": 0.0, "depth": 1.6}},
    "flatter, about another pivot": {"frame": 1001, "rig": {"depth": 0.7, "pivot": 9.0}},
    "a hand at parallax 0": {
        "frame": 1010,
        "rig": {"parallax": 0.0},
        "move": {"kind": "handheld", "amount": 0.9, "first": 1001, "last": 1024, "fps": 24.0},
    },
    "a zoom at parallax 0": {
        "frame": 1024,
        "rig": {"parallax": 0.0},
        "move": {"kind": "dolly-zoom", "amount": 0.4, "first": 1001, "last": 1024, "fps": 24.0},
    },
}
SHAPE = Shape(Box(0, 0, 60, 96), Box(-4, -6, 70, 108), pixel_aspect=2.0, opaque=False)
LENS: dict[str, Any] = {"offset": (3.0, 2.0), "focal": 80.0, "longest": 40}

MOVES: dict[str, dict[str, Any]] = {
    "orbit": {"kind": "orbit", "amount": 0.3},
    "orbit back and forth": {"kind": "orbit", "amount": -0.2, "path": "loop"},
    "dolly": {"kind": "dolly", "amount": 0.2},
    "dolly that comes too close": {"kind": "dolly", "amount": 0.9, "path": "even"},
    "truck": {"kind": "truck", "amount": 0.25},
    "dolly-zoom": {"kind": "dolly-zoom", "amount": 0.3},
    "dolly-zoom and back": {"kind": "dolly-zoom", "amount": -0.3, "path": "loop"},
    "handheld": {"kind": "handheld", "amount": 0.4, "seed": 5},
    "handheld round": {"kind": "handheld", "amount": 0.4, "seed": 2, "path": "loop"},
}
FIRST, LAST, FPS = 1001, 1024, 24.0


@pytest.mark.parametrize("kind", Kind)
def test_at_rest_it_is_the_plate(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    taken = taken_apart(SHAPE)
    scene = write(tmp_path, taken.frames, kind=kind, **LENS)
    tasks = [
        {"do": "rig-render", "folder": tmp_path, "out": tmp_path / f"{index}.exr", **state}
        for index, state in enumerate(RESTING.values())
    ]
    blender(tasks)
    reference = plate(scene, SHAPE, taken, 1001)
    errors = {name: worst(task["out"], reference) for name, task in zip(RESTING, tasks, strict=True)}
    assert all(error < LIMIT for error in errors.values()), errors


@pytest.fixture(scope="module")
def moved(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, dict[str, Any]]:
    """Where the camera is in each move."""
    folder = tmp_path_factory.mktemp("moves")
    scene = write(folder, taken_apart(Shape()).frames, kind=Kind.CARD, offset=(5.0, -3.0), focal=24.0)
    when = {"first": FIRST, "last": LAST, "fps": FPS}
    blender(
        [
            {"do": "rig-poses", "folder": folder, "out": folder / f"{name}.json", "move": {**move, **when}}
            for name, move in MOVES.items()
        ]
    )
    return scene, {name: json.loads((folder / f"{name}.json").read_text()) for name in MOVES}


@pytest.mark.parametrize("name", MOVES)
def test_it_moves_as_the_server_moves(moved: tuple[Scene, dict[str, Any]], name: str) -> None:
    scene, said = moved[0], MOVES[name]
    found = moved[1][name]
    path = said.get("path", "smooth")
    move = Move(said["kind"], said["amount"], found["pivot"], path == "loop", path == "smooth", said.get("seed", 0))
    seconds = [frame / FPS for frame in range(LAST - FIRST + 1)]
    rest = Camera(24.0, (0.0, 0.0), pose=np.eye(4))
    safe = clear(rest, move, seconds, min(layer.near for layer in scene.layers))
    assert found["amount"] == pytest.approx(safe.amount, abs=1e-6)
    assert (safe == move) == (name != "dolly that comes too close")
    expected = cameras(rest, replace(move, amount=safe.amount), seconds)
    for camera, frame in zip(expected, found["frames"], strict=True):
        np.testing.assert_allclose(frame["pose"], camera.pose, atol=1e-5)
        assert frame["lens"] == pytest.approx(camera.focal, rel=1e-5)
    assert np.ptp([frame["pose"] for frame in found["frames"]], axis=0).max() > 0.05


def test_a_move_from_one_place_to_another_is_two_keyframes(moved: tuple[Scene, dict[str, Any]]) -> None:
    keys = {name: found["keys"] for name, found in moved[1].items()}
    assert keys["orbit"] == {"Pivot.rotation_euler.1": 2}
    assert keys["dolly"] == {"Camera.location.2": 2}
    assert keys["truck"] == {"Camera.location.0": 2}
    assert keys["dolly-zoom"] == {"Camera.location.2": 2, 'Camera.["zoom"].0': 2}
    assert set(keys["handheld"].values()) == {LAST - FIRST + 1} and len(keys["handheld"]) == 6


@pytest.mark.parametrize("kind", Kind)
def test_a_move_may_fill_the_frame(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    """It looks closer until nothing is seen beyond the plate's edges, and at rest not at all."""
    shape = Shape(glow=False)
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=kind, offset=(2.0, -1.0))
    moves = {"orbit": 0.25, "truck": -0.2, "dolly-zoom": -0.3, "handheld": 0.9}
    when = {"first": 1001, "last": 1011, "fps": 24.0}
    tasks = [
        {
            "do": "rig-render",
            "folder": tmp_path,
            "out": tmp_path / f"{move}.{fill}.exr",
            "frame": 1011,
            "move": {"kind": move, "amount": amount, "fill": fill, **when},
        }
        for move, amount in moves.items()
        for fill in (False, True)
    ]
    rest = {**tasks[1], "out": tmp_path / "rest.exr", "rig": {"parallax": 0.0}}
    blender([*tasks, rest])
    cover = {task["out"].stem: rendered(task["out"])[..., 3] for task in tasks}
    for move in ("orbit", "truck", "handheld"):
        assert cover[f"{move}.False"].min() < 0.5
    for move in moves:
        assert cover[f"{move}.True"].min() > 1 - LIMIT, move
    assert worst(rest["out"], plate(scene, shape, taken, 1001)) < LIMIT


def test_what_is_nearer_goes_farther_and_focus_keeps_it_sharp(blender: Blender, tmp_path: Path) -> None:
    """Half the parallax is half a truck's way; and what is in focus is as it is without depth of field."""
    taken = taken_apart(Shape(noise=False))
    scene = write(tmp_path, taken.frames, kind=Kind.CARD, focal=36.0)
    pole = scene.layers[2].distance
    truck = {"kind": "truck", "amount": 0.1, "first": 1001, "last": 1011, "fps": 24.0}
    states: dict[str, dict[str, Any]] = {
        "whole": {"rig": {"parallax": 1.0}},
        "half": {"rig": {"parallax": 0.5}},
        "pushed": {"handles": {"hill": {"depth_scale": 2.0}}},
        "near": {"rig": {"focus": pole}, "blur": 0.2, "samples": 16},
        "far": {"rig": {"focus": scene.layers[0].distance}, "blur": 0.2, "samples": 16},
    }
    blender(
        [
            {"do": "rig-render", "folder": tmp_path, "out": tmp_path / f"{name}.exr", "frame": 1011, "move": truck}
            | state
            for name, state in states.items()
        ]
    )
    pictures = {name: rendered(tmp_path / f"{name}.exr") for name in states}
    rest = plate(scene, Shape(), taken, 1001)
    # The focal length is as many pixels as the picture is wide, and the pole is the pivot.
    assert shift(rest, pictures["whole"]) == 16
    assert shift(rest, pictures["half"]) == 8
    assert np.abs(pictures["pushed"] - pictures["whole"]).max() > 0.2
    blurred = {name: np.abs(pictures[name] - pictures["whole"])[:, 82:85].mean() for name in ("near", "far")}
    assert blurred["near"] < LIMIT and blurred["far"] > 0.04


@pytest.mark.parametrize("kind", Kind)
def test_light_and_edges_are_the_artists(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    """An edge that is taken in covers less; lit, what no lamp shines on is black, and covers as before."""
    shape = Shape(opaque=False)
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=kind)
    states: dict[str, dict[str, Any]] = {
        "in": {"handles": {"hill": {"edge": 0.8}}},
        "out": {"handles": {"pole": {"edge": -0.5}}},
        "dark": {"rig": {"lit": 1.0}, "samples": 64},
    }
    blender(
        [
            {"do": "rig-render", "folder": tmp_path, "out": tmp_path / f"{name}.exr", "frame": 1001, **state}
            for name, state in states.items()
        ]
    )
    assert worst(tmp_path / "in.exr", over(tmp_path, scene, {"hill": 0.8})) < LIMIT
    assert worst(tmp_path / "out.exr", over(tmp_path, scene, {"pole": -0.5})) < LIMIT
    rest = plate(scene, shape, taken, 1001)
    assert np.abs(over(tmp_path, scene, {"hill": 0.8}) - rest).max() > 0.05
    dark = rendered(tmp_path / "dark.exr")
    assert not dark[..., :3].any()
    # A surface's light is sampled, and so is what is seen through it.
    assert np.abs(dark[..., 3] - rest[..., 3]).mean() < 0.02


def test_a_grid_may_be_torn(blender: Blender, tmp_path: Path) -> None:
    """Across a jump of its own depth a layer is torn where the artist wants it, and what is behind shows there."""
    shape = Shape()
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=Kind.GRID)
    tears = {"whole": 0.0, "steep": 1e3, "torn": 1e-4}
    blender(
        [
            {"do": "rig-render", "folder": tmp_path, "out": tmp_path / f"{name}.exr", "frame": 1001, "tear": tear}
            for name, tear in tears.items()
        ]
    )
    rest = plate(scene, shape, taken, 1001)
    assert worst(tmp_path / "whole.exr", rest) < LIMIT and worst(tmp_path / "steep.exr", rest) < LIMIT
    assert (np.abs(rendered(tmp_path / "torn.exr") - rest).max(axis=-1) > LIMIT).mean() > 0.05


@pytest.mark.parametrize("kind", Kind)
def test_built_again_it_keeps_what_the_artist_changed(blender: Blender, tmp_path: Path, kind: Kind) -> None:
    taken = taken_apart(Shape())
    write(tmp_path, taken.frames, kind=kind)
    blender(
        [{"do": "rig-changed", "folder": tmp_path, "out": tmp_path / "facts.json", "picture": tmp_path / "green.exr"}]
    )
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["same"] and facts["before"] == facts["after"]
    now = facts["after"]
    assert now["materials"] == {"layer1": "layer1", "Hill surface": "hill", "pole": "My green"}
    assert now["strengths"] == [1.0, 0.5, 1.0]
    assert now["scales"]["Push the hill"] == pytest.approx([3.0] * 3)
    assert now["parents"]["My light"] == "layer1 handle" and now["parents"]["Hill surface"] == "Push the hill"
    assert now["keys"]["Shot camera.location.1"] == [[1001.0, 0.25]]
    assert len(now["drivers"]) >= 14 and all(valid and simple for _, valid, simple in now["drivers"])
    if kind is Kind.GRID:
        assert now["vertices"][1] % 12 == 0
    # The pole's surface is over all of the picture, and shows the artist's material.
    np.testing.assert_allclose(rendered(tmp_path / "green.exr"), np.broadcast_to((0, 1, 0, 1), (96, 160, 4)), atol=1e-3)


def test_built_again_from_a_file_with_fewer_layers(blender: Blender, tmp_path: Path) -> None:
    scene = write(tmp_path, taken_apart(Shape()).frames, kind=Kind.CARD)
    blender([{"do": "rig-fewer", "folder": tmp_path, "out": tmp_path / "facts.json"}])
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["whole"] and list(facts["materials"]) == ["layer1", "pole"]
    assert not [name for name in facts["objects"] if "hill" in name]
    # A layer taken away leaves the rest a rig, and comes back when it is built again.
    assert facts["left"] == ["handle:pole", "layer:pole"] and facts["back"] == 2
    assert facts["distances"] == pytest.approx([scene.layers[0].far, scene.layers[2].distance])


def over(folder: Path, scene: Scene, edges: dict[str, float]) -> NDArray[np.float32]:
    """The layers' pictures over each other, each with its edge: cover a becomes a (1 - edge (1 - a))."""
    below: NDArray[np.float32] | None = None
    for layer in scene.layers:
        picture = open_plate(folder / layer.picture).read(1001).pixels.astype(np.float32)
        picture = picture * (1 - edges.get(layer.name, 0.0) * (1 - picture[..., 3:]))
        below = picture if below is None else picture + below * (1 - picture[..., 3:])
    assert below is not None
    return below


def shift(rest: NDArray[np.float32], seen: NDArray[np.float32]) -> int:
    """By how many pixels the pole went to the left."""
    pole = slice(97, 102)
    errors = {by: np.abs(rest[:, pole] - np.roll(seen, by, 1)[:, pole]).mean() for by in range(40)}
    best = min(errors, key=lambda by: errors[by])
    assert errors[best] < LIMIT
    return best
