"""replate export: a scene for another program, without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pxr import Usd

from replate.frame import Box
from replate.scene import write
from scene_plates import Shape, taken_apart

Run = Callable[..., Any]


def test_the_ending_says_what_is_written(replate: Run, tmp_path: Path) -> None:
    scene = tmp_path / "scene"
    write(scene, taken_apart(Shape(Box(0, 0, 32, 24), numbers=(7,))).frames, longest=8)
    for name in ("a.glb", "b.nk", "c.usda"):
        assert "Wrote" in replate("export", scene / "scene.json", tmp_path / name).err
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF"
    assert (scene / "hill" / "hill.0007.exr").as_posix() in (tmp_path / "b.nk").read_text("utf-8")
    assert Usd.Stage.Open(str(tmp_path / "c.usda")).GetPrimAtPath("/scene/shot_camera")
    refused = replate("export", scene, tmp_path / "d.obj")
    assert refused.code != 0 and "ends in '.obj'" in refused.err
