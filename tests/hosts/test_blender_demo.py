"""The demo's part in Blender: a scene is opened, moved through, rendered and restyled, and kept as a .blend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replate.demo.blender import BARS, Orders, missing, perform
from replate.errors import Failed
from replate.frame import Box
from replate.media import open_plate, write_frame
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart
from serving import Server

FRAMES = (1001, 1002, 1003)


@pytest.fixture
def orders(server: Server, tmp_path: Path) -> Orders:
    taken = taken_apart(Shape(Box(0, 0, 64, 48), noise=False, numbers=FRAMES))
    write(tmp_path / "scene", taken.frames, kind=Kind.CARD)
    style = tmp_path / "style.exr"
    write_frame(style, open_plate(tmp_path / "scene" / "layer1" / "layer1.####.exr", "1001").read(1001))
    return Orders(
        scene=str(tmp_path / "scene" / "scene.json"),
        blend=str(tmp_path / "scene.blend"),
        results=str(tmp_path / "move"),
        address=server.address,
        style=str(style),
        model="restyle/invert",
        revision="1",
        parameters={"strength": 1.0},
        move={"kind": "truck", "amount": 0.2},
        turned=0.0,
        zoom=1.5,
        raised=0.0,
        samples=1,
    )


def test_blender_renders_the_scene_and_has_it_restyled(orders: Orders, bpy_python: Path, tmp_path: Path) -> None:
    heard: dict[str, list[float]] = {name: [] for name in BARS}
    tells = {name: lambda done, news="", said=heard[name]: said.append(done) for name in BARS}
    moved = perform(bpy_python, orders, tmp_path / "data", tells)
    rendered, restyled = list(open_plate(moved.rendered)), list(open_plate(moved.restyled))
    assert [frame.spec.number for frame in rendered] == [frame.spec.number for frame in restyled] == list(FRAMES)
    # The camera moves, and what lies beyond the plate is not seen.
    assert not np.array_equal(rendered[0].pixels, rendered[-1].pixels)
    assert all((frame.pixels[:, :, 3] > 0.99).all() for frame in rendered)
    bright = [
        np.corrcoef(one.pixels[..., 1].ravel(), other.pixels[..., 1].ravel())[0, 1]
        for one, other in zip(rendered, restyled, strict=True)
    ]
    assert max(bright) < -0.7
    assert heard[BARS[0]] == [1, 2, 3] and heard[BARS[1]][-1] == 3
    assert Path(orders.blend).is_file()
    # Again, Blender is not even started.
    assert perform(tmp_path / "no python", orders, tmp_path / "data", tells) == moved
    # A model that gives other pixels is asked anew.
    with pytest.raises(FileNotFoundError):
        perform(tmp_path / "no python", replace(orders, revision="2"), tmp_path / "data", tells)


def test_what_goes_wrong_in_blender_is_said_in_a_sentence(orders: Orders, bpy_python: Path, tmp_path: Path) -> None:
    quiet = dict.fromkeys(BARS, lambda done, news="": None)
    with pytest.raises(Failed, match="There is no move"):
        perform(bpy_python, replace(orders, move={"kind": "twirl"}), tmp_path / "data", quiet)
    with pytest.raises(Failed, match=r"what it said is in .*blender.log"):
        perform(bpy_python, replace(orders, model="restyle/none"), tmp_path / "data", quiet)


def test_without_blender_the_demo_says_so(tmp_path: Path) -> None:
    assert "make blender-4.5" in missing(None)
    assert "make blender-4.5" in missing(tmp_path / "python")
