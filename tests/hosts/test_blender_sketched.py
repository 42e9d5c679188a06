"""In Blender's tab: what a model is told, and what it makes of it while it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from blender_plates import sequence, write
from serving import Server, Studio

Told = Callable[..., dict[str, Any]]


def test_a_prompt_is_read_and_its_picture_seen_as_it_comes(
    told: Told, server: Server, studio: Studio, tmp_path: Path
) -> None:
    plate, gate = sequence(tmp_path), studio.gate(f"sketched-{tmp_path.name}")
    write(tmp_path / "style.exr", np.random.default_rng(1).random((32, 32, 3), np.float32))
    try:
        said = told("sketched", server.address, plate, tmp_path / "style.exr", gate.path)
    finally:
        gate.open()
    assert (said["silent"], said["begun"]) == ("", "Make it night.")
    assert said["spoken"] == "Make it a winter night. Keep her face exactly as it is."
    assert said["before"] is said["after"] is None
    number, path, size, shades = said["seen"]
    assert (number, max(size)) == (1001, 256) and min(size) > 100 and shades > 100
    assert said["later"] != [path, size] and said["later"][1] == size
    assert said["datablocks"] == 0, "nothing of it is in the .blend"
    assert said["status"].startswith("1 frame done")
