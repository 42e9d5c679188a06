"""Hosts read a scene as strictly as the client does, and their camera moves are the server's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuke_rig import Rig
from replate.frame import Box
from replate.scene import Kind, read_scene, write
from replate_host import scene as hosts
from replate_host.parallax import plate_distance, sway
from replate_server.operations.layers.camera import Camera
from replate_server.operations.move.moves import KINDS, Move, cameras, clear
from scene_plates import Shape, taken_apart

COUNT, FIRST, FPS, PIVOT = 24, 1001, 24.0, 4.0
PATHS = ("smooth", "even", "loop")
MOVES = (*KINDS, "handheld")
SECONDS = [number / FPS for number in range(COUNT)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("scene")
    shape = Shape(Box(0, 0, 32, 24), Box(-2, -1, 36, 26), pixel_aspect=2.0, numbers=(1001, 1002))
    write(found, taken_apart(shape).frames, kind=Kind.CARD, focal=30.0, offset=(2.0, -1.0))
    return found


@pytest.fixture
def rig(folder: Path) -> Rig:
    found = Rig((folder / "scene.nk").read_text(encoding="utf-8"))
    found.turned = {"cycle": COUNT, "start": FIRST, "fps": FPS, "pivot": PIVOT}
    return found


@pytest.mark.parametrize("amount", [0.13, -0.2])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", MOVES)
def test_the_camera_goes_where_the_servers_goes(rig: Rig, kind: str, path: str, amount: float) -> None:
    move = Move(kind, amount, PIVOT, loop=path == "loop", smooth=path == "smooth", seed=7)
    rig.turned |= {"move": MOVES.index(kind), "path": PATHS.index(path), "parallax": 2.0, "amplitude": amount / 2}
    swaying(rig, 7, COUNT / FPS if move.loop else None)
    rest = Camera(1.0, (0.0, 0.0))
    for frame, wanted in enumerate(cameras(rest, move, SECONDS)):
        pose, zoom = seen(rig, FIRST + frame)
        np.testing.assert_allclose(pose, np.eye(4) if wanted.pose is None else wanted.pose, atol=1e-6)
        assert zoom == pytest.approx(wanted.focal, abs=1e-6)


@pytest.mark.parametrize("kind", ["orbit", "dolly", "dolly-zoom"])
def test_it_keeps_clear_of_what_is_nearest_as_the_servers_does(rig: Rig, folder: Path, kind: str) -> None:
    nearest = min(layer.near for layer in read_scene(folder).layers)
    pivot = 20 * nearest
    wild = Move(kind, 0.9, pivot)
    safe = clear(Camera(1.0, (0.0, 0.0)), wild, SECONDS, nearest)
    assert safe.amount < wild.amount
    rig.turned |= {"move": MOVES.index(kind), "amplitude": 0.9, "pivot": pivot}
    assert rig.value(rig.node("motion"), "safe", FIRST) == pytest.approx(safe.amount, rel=1e-6)


def test_what_is_in_focus_in_the_plate_stays_in_focus(rig: Rig) -> None:
    swaying(rig, 3, None)
    for move in range(len(MOVES)):
        rig.turned |= {"move": move, "amplitude": 0.3, "focus": 6.0}
        for frame in (FIRST, FIRST + 9, FIRST + 23):
            pose, _ = seen(rig, frame)
            point = np.linalg.inv(pose) @ [0, 0, -6.0, 1]
            motion = rig.node("motion")
            assert rig.value(motion, "focus", frame) == pytest.approx(-point[2], abs=1e-6)
            known = {knob: rig.value(motion, knob, frame) for knob in ("shift_x", "shift_y", "shift_z", "tilt", "pan")}
            assert plate_distance(-point[2], known) == pytest.approx(6.0, abs=1e-6)


def test_hosts_read_what_the_client_writes(folder: Path) -> None:
    mine, theirs = read_scene(folder), hosts.read_scene(folder / "scene.json")
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in mine.layers]
    assert (theirs.focal, theirs.sensor, theirs.offset) == (mine.camera.focal, mine.sensor, mine.camera.offset)
    assert theirs.centre == pytest.approx(mine.centre)
    assert (theirs.first, theirs.last, theirs.fps) == (mine.first, mine.last, mine.fps)
    (across, up), layer = mine.slope, mine.layers[0]
    left, bottom, right, top = theirs.rectangle(theirs.layers[0])
    assert (right - left, top - bottom) == pytest.approx((layer.area.width * across, layer.area.height * up))


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "a later version": lambda scene: scene.update(replate_scene=2),
    "no version": lambda scene: scene.pop("replate_scene"),
    "a key more": lambda scene: scene.update(more=1),
    "a key more within": lambda scene: scene["camera"].update(more=1),
    "a key less": lambda scene: scene["layers"][0].pop("area"),
    "a path that leads out": lambda scene: scene["layers"][0].update(picture="../../secret.####.exr"),
    "a whole path": lambda scene: scene["layers"][0].update(geometry="/etc/passwd"),
    "a script in a path": lambda scene: scene["layers"][0].update(picture="[python exit]/a.exr"),
    "a script in a name": lambda scene: scene["layers"][0].update(name="a} Write {"),
    "another kind": lambda scene: scene["layers"][0].update(kind="ball"),
    "layers that are no list": lambda scene: scene.update(layers={}),
    "no layers": lambda scene: scene.update(layers=[]),
    "two of a name": lambda scene: scene["layers"].append(scene["layers"][0]),
    "frames that run backwards": lambda scene: scene["frames"].update(first=9000),
    "a number that is none": lambda scene: scene["camera"].update(focal=float("nan")),
    "true for a number": lambda scene: scene["format"].update(pixel_aspect=True),
    "a lens of no length": lambda scene: scene["camera"].update(focal=0),
    "another shape of sensor": lambda scene: scene["camera"].update(sensor=[36.0, 36.0]),
    "a window without pixels": lambda scene: scene["format"].update(display_window=[0, 0, 0, 10]),
    "a picture that is too small": lambda scene: scene["format"].update(data_window=[0, 0, 10, 10]),
    "distances out of order": lambda scene: scene["layers"][0].update(near=1e6),
    "too many cells": lambda scene: scene["layers"][0].update(cells=[1, 1 << 20]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_scene_is_refused_in_a_sentence(folder: Path, tmp_path: Path, what: str) -> None:
    found = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    WRONG[what](found)
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^[^\n]+\.$") as refused:
        hosts.read_scene(path)
    assert path.as_posix() in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scene.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^[^\n]+\.$"):
        hosts.read_scene(path)
    with pytest.raises(ValueError, match="check the path"):
        hosts.read_scene(tmp_path / "other.json")


def swaying(rig: Rig, seed: int, loop: float | None) -> None:
    """Gives the camera the hand of a seed, as the plugin does when the knob is turned."""
    rig.node("hand").knobs.update({axis: "{" + said + "}" for axis, said in sway(seed, loop).items()})


def seen(rig: Rig, frame: int) -> tuple[Any, float]:
    """[4, 4] from the camera to the world, and by what its focal length is multiplied."""
    camera = rig.node("camera")
    tilt, pan, roll = np.radians(rig.values(camera, "rotate", frame))
    pose = np.eye(4)
    # Nuke's order of rotation is ZXY: first about z, last about y.
    for angle, (first, second) in ((pan, (2, 0)), (tilt, (1, 2)), (roll, (0, 1))):
        turn = np.eye(4)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[second, first], turn[first, second] = np.sin(angle), -np.sin(angle)
        pose = pose @ turn
    pose[:3, 3] = rig.values(camera, "translate", frame)
    return pose, rig.value(camera, "focal", frame) / rig.value(rig.node("rest_camera"), "focal")
