"""One press from a plate to its scene; pressed again, the scene is brought up to date and stays the artist's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blender_plates import FRAMES, sequence
from blenders import each_blender
from replate import open_plate
from scene_renders import LIMIT, rendered
from serving import Server

Told = Callable[..., dict[str, Any]]

pytestmark = each_blender


def test_from_a_plate_to_a_scene(told: Told, server: Server, tmp_path: Path) -> None:
    plate, broken = sequence(tmp_path), tmp_path / "scene.json"
    broken.write_text('{"replate_scene": 7}')
    said = told("build", server.address, plate, broken)

    first = said["first"]
    assert (first["state"], first["rigs"], len(first["layers"][0])) == ("done", ["plate"], 2), first["status"]
    assert not any(first["grids"])
    assert first["status"] == "The scene is built, and Cube is in it too: Hide the Rest, to see the plate alone."
    assert said["hidden"] == [["Cube"], []]
    assert said["frames"] == [FRAMES[0], FRAMES[-1], 64, 48]
    light = open_plate(plate).read(FRAMES[0]).pixels[..., :3].astype(np.float32)
    assert np.abs(rendered(tmp_path / "rest.exr")[..., :3] - light).max() < LIMIT

    second = said["second"]
    assert (second["state"], second["rigs"]) == ("done", ["My scene"]), second["status"]
    assert all(second["grids"]) and second["lens"] == [[50.0, 36.0]]
    assert second["kept"] == ["Pivot", 0.25]
    assert second["file"] != first["file"]
    home = Path(second["file"]).parent.as_posix()
    assert all(path.startswith(home) for path in second["sharp"])

    reopened = said["reopened"]
    assert reopened["before"] != "done"
    assert (reopened["state"], reopened["rigs"]) == ("done", ["My scene"]), reopened["status"]

    camera = said["camera"]
    assert (camera["state"], len(camera["rigs"])) == ("done", 2), camera["status"]
    assert camera["lens"][1] == pytest.approx([70.0, 36.0])
    assert camera["camera"] == ["Mine", pytest.approx([3.0, 4.0, 5.0]), pytest.approx(0.1)]

    assert said["cancelled"] == ["cancelled", "Cancelled", 0]
    assert said["undone"] == [1, 0]
    assert "install the one that wrote it" in said["broken"]
