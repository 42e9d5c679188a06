"""A script exported elsewhere is the artist's in Nuke, too: built again, it keeps camera and layers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from in_nuke import Nuke
from replate.agent.exports import write as export
from replate.frame import Box
from replate.scene import write
from scene_plates import Shape, taken_apart


def test_built_again_it_keeps_what_was_exported(tmp_path: Path) -> None:
    write(tmp_path / "scene", taken_apart(Shape(Box(0, 0, 48, 32), numbers=(1001, 1002, 1003))).frames, longest=24)
    eye = {"focal": 40.0, "sensor": [36.0, 24.0], "offset": [1.0, 0.0]}
    poses = [np.eye(4) for _ in range(3)]
    for index, pose in enumerate(poses):
        pose[0, 3] = 0.1 * index
    aside = np.eye(4)
    aside[:3, 3] = 0.5, 0.25, 0.0
    script = tmp_path / "shot.nk"
    export(
        {
            "scene": str(tmp_path / "scene" / "scene.json"),
            "out": str(script),
            "kind": "nuke",
            "camera": [{"matrix": list(pose.flat), **eye} for pose in poses],
            "layers": {
                "layer1": {"matrices": [list(aside.flat)]},
                "hill": {"matrices": [list(np.diag((scale, scale, scale, 1)).flat) for scale in (1.0, 1.5, 2.0)]},
                "pole": {"hidden": True},
            },
        }
    )
    report = tmp_path / "report.json"
    done = Nuke(tmp_path / "nuke").scenario("parallax_exported", report, script)
    assert done.code == 0, done.said[-4000:]
    first, *again = json.loads(report.read_text(encoding="utf-8"))["found"]
    assert again == [first, first]
    assert [camera[0] for camera in first["camera"]] == [0, 0.1, 0.2]
    assert first["camera"][0][-1] == pytest.approx(40)
    assert (first["move"], first["scale"], first["hidden"]) == ("own", [1.0, 1.5, 2.0], False)
    assert (first["layers"][0], first["thrown"], first["moved"]) == ("layer1_moved", "layer1_projector", [0.5, 0.25, 0])
