"""The move, rendered and restyled: sent with Blender's depth and motion, and back on its own frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from blenders import each_blender
from replate.frame import Box
from replate.media import write_frame
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart
from serving import Server, noise

Told = Callable[..., dict[str, Any]]

FRAMES = (1001, 1002, 1003)


@each_blender
def test_a_move_is_rendered_restyled_and_placed(told: Told, server: Server, style: Path, tmp_path: Path) -> None:
    write(tmp_path / "scene", taken_apart(Shape(Box(0, 0, 64, 48), noise=False)).frames, kind=Kind.GRID, longest=40)
    said = told("move_day", server.address, tmp_path / "scene" / "scene.json", style)
    assert said["unknown"] == "Nothing is known of a server that restyles: press Connect."
    assert said["no style"] == "Choose the style: a file, an image, or what the scene rendered."
    assert said["no camera"] == "The scene has no camera: choose one to render the move through."
    assert said["no files"] == "No rendered frames are there: choose one of the multilayer EXRs."
    assert said["settings"] == []
    first, again, moved, files = said["versions"]
    assert [each["state"] for each in said["versions"]] == ["done"] * 4
    assert [each["frames"] for each in said["versions"]] == [[1001, 1003]] * 4

    # What is sent is what was rendered, its passes beside it.
    inputs = json.loads(first["recipe"])["inputs"]
    assert set(inputs) == {"plate", "style", "motion", "depth"}
    assert json.loads(again["recipe"]) == json.loads(files["recipe"]) == json.loads(first["recipe"])
    assert first["plate"] == again["plate"] == files["plate"] != moved["plate"]
    assert json.loads(moved["recipe"])["inputs"]["plate"] != inputs["plate"]

    results = {frame: picture(first["result"], frame) for frame in FRAMES}
    layers = {frame: picture(first["plate"], frame, "ViewLayer.Combined.") for frame in FRAMES}
    for frame in FRAMES:
        # An inversion: what is bright in the render is dark in the result of that frame, and of no other one.
        likeness = {other: correlation(results[frame], layers[other]) for other in FRAMES}
        assert min(likeness, key=lambda other: likeness[other]) == frame and likeness[frame] < -0.7, likeness
        assert np.array_equal(picture(tmp_path / "comp.####.exr", frame), results[frame])
        # The sequencer works in sRGB.
        np.testing.assert_allclose(picture(tmp_path / "strip.####.exr", frame), results[frame], atol=2e-3)

    placed = said["placed"]
    assert placed["strips"] == [[1001, 3]] and placed["inputs"] == 1
    assert "CompositorNodeRLayers" in placed["kinds"]
    assert placed["backgrounds"] == [["FIT", 1.0]] and placed["shown"]
    assert placed["background"] == [f"plate.{frame}.exr" for frame in FRAMES]


def test_a_move_that_is_not_rendered_leaves_the_settings_as_they_were(
    told: Told, server: Server, style: Path, tmp_path: Path
) -> None:
    write(tmp_path / "scene", taken_apart(Shape(Box(0, 0, 64, 48), noise=False)).frames, kind=Kind.CARD)
    said = told("move_stopped", server.address, tmp_path / "scene" / "scene.json", style)
    assert said["cancelled"]["state"] == "cancelled"
    assert said["cancelled"]["said"] == "Rendering was stopped; 1 of 3 frames done."
    assert said["files"] == ["move.1001.exr"] and not said["images"]
    assert said["nowhere"].endswith("cannot be written to (Not a directory): save the file where you may write.")
    assert said["no camera"] == "The scene has no camera: choose one to render the move through."
    assert said["under way"] == 0
    assert said["lent"] == ["/elsewhere", True]
    assert said["kept"] == []


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one.ravel(), np.clip(other, 0, 4).ravel())[0, 1])


def picture(pattern: str | Path, frame: int, layer: str = "") -> NDArray[np.float32]:
    """RGB [height, width, 3]."""
    file = OpenImageIO.ImageBuf(str(pattern).replace("####", str(frame)))
    names = list(file.spec().channelnames)
    return np.asarray(file.get_pixels(OpenImageIO.FLOAT))[:, :, [names.index(layer + name) for name in "RGB"]]


@pytest.fixture
def style(tmp_path: Path) -> Path:
    write_frame(tmp_path / "style.exr", noise(size=(32, 32), seed=1)[0])
    return tmp_path / "style.exr"
