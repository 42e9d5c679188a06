"""Blender's own motion and depth, in each Blender: read as Replate means them, and a restyle held still by them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blender_plates import write
from blenders import each_blender
from replate import open_plate
from replate.depth import distances
from replate.frame import Frame, PixelType
from replate_host import Agent
from replate_server.darkroom.motion import occlusion, warp
from replate_server.darkroom.resize import Nature
from serving import Server

pytestmark = each_blender

Told = Callable[..., dict[str, Any]]
NUMBERS = range(1, 6)


@pytest.fixture
def shot(told: Told, tmp_path: Path) -> Path:
    assert told("passes", tmp_path)["layer"] == "Far Away"
    return tmp_path / "render.####.exr"


@pytest.fixture
def agent(server: Server) -> Iterator[Agent]:
    agent = Agent((sys.executable, "-m", "replate.agent"), address=server.address)
    yield agent
    agent.close()


def both(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    return frame.pixels[..., :2], frame.pixels[..., 2:]


def test_passes_mean_what_they_say_and_hold_a_restyle_still(shot: Path, agent: Agent, tmp_path: Path) -> None:
    plate = [open_plate(shot).read(number) for number in NUMBERS]
    motion = [open_plate(shot, layer="Far Away.Vector").read(number) for number in NUMBERS]
    depth = [open_plate(shot, layer="Far Away.Depth").read(number) for number in NUMBERS]
    assert plate[0].spec.pixel_type is PixelType.HALF and depth[0].spec.pixel_type is PixelType.FLOAT

    # What stands still in the world goes against the camera, twice as far where it is half as far away.
    wall, card, nothing = (40, 12), (24, 32), (20, 1)
    assert np.allclose(motion[2].pixels[wall], (2, 1, -2, -1), atol=0.01)
    assert np.allclose(motion[2].pixels[card], (6, 0, -6, 0), atol=0.01)
    assert (motion[2].pixels[nothing] == 0).all() and plate[2].pixels[nothing][3] == 0
    far = distances(depth[2].pixels[..., 0], depth[2].spec.depth)
    assert np.allclose([far[wall], far[card]], [16, 8], rtol=1e-4) and far[nothing] == np.inf

    # Followed there, and back, everything is found again.
    for one, other in ((1, 2), (2, 1), (2, 3), (3, 2)):
        (there, back), (far_there, far_back) = both(motion[one]), both(motion[other])
        way, home = (there, far_back) if other > one else (back, far_there)
        seen = (occlusion(way, home) == 0) & (plate[one].pixels[..., 3] == 1)
        assert seen.mean() > 0.6
        astray = np.abs(warp(plate[other].pixels[..., :3], way, Nature.COLOUR) - plate[one].pixels[..., :3])
        assert np.median(astray[seen]) < 0.01 and np.percentile(astray[seen], 95) < 0.04
        still = np.abs(plate[other].pixels[..., :3] - plate[one].pixels[..., :3]).astype(np.float32)
        assert np.median(still[seen]) > 0.02

    # A model that changes nothing from frame to frame gives what it gives of each alone: no ghosts, and no blur.
    write(tmp_path / "style.exr", np.ones((8, 8, 3), np.float32))
    alone, guided = (restyled(agent, shot, tmp_path / name, guides) for name, guides in (("a", {}), ("g", GUIDES)))
    for number in NUMBERS:
        one, other = (open_plate(out).read(number).pixels.astype(np.float32) for out in (alone, guided))
        assert np.array_equal(one[..., 3], other[..., 3])
        astray = np.abs(one - other)[..., :3]
        assert astray.mean() < 0.01 and np.percentile(astray, 99) < 0.06 and (number == 1 or astray.any())


GUIDES = {"motion": "Far Away.Vector", "depth": "Far Away.Depth"}


def restyled(agent: Agent, shot: Path, folder: Path, guides: dict[str, str]) -> Path:
    linear = "Linear Rec.709 (sRGB)"
    inputs = {
        "plate": {"path": str(shot), "layer": "Far Away.Combined", "colour_space": linear},
        "style": {"path": str(folder.with_name("style.exr")), "colour_space": linear},
        **{role: {"path": str(shot), "layer": layer} for role, layer in guides.items()},
    }
    out = folder / "restyled.####.exr"
    job = {"operation": "restyle", "model": "restyle/invert", "inputs": inputs, "outputs": {"plate": str(out)}}
    handle = agent.submit(job)
    agent.wait(handle, 60)
    assert handle.state == "done", handle.message
    return out
