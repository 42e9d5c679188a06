"""What an artist has done from Blender: shown as images, cancelled, and gone on with in a file opened again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from blender_plates import sequence, write
from blenders import each_blender
from replate import open_plate
from serving import Server

Told = Callable[..., dict[str, Any]]

pytestmark = each_blender


def test_results_are_images_that_say_how_they_were_made(told: Told, server: Server, tmp_path: Path) -> None:
    plate = sequence(tmp_path)
    write(tmp_path / "style.exr", np.random.default_rng(1).random((32, 32, 3), np.float32))
    said = told("run_day", server.address, plate, tmp_path / "style.exr")
    assert said["empty"] == "Nothing is known of the server yet: press Connect."
    assert said["connected"].startswith("Connected: ")
    assert said["refused"] == "Choose the plate: a file, an image, or what the scene rendered."

    depth = said["depth"]
    assert (depth["state"], depth["name"], depth["source"]) == ("done", "depth v001 depth", "SEQUENCE")
    assert (depth["space"], depth["properties"]["replate_frames"]) == ("Non-Color", [1001, 1003])
    recipe = json.loads(depth["properties"]["replate_recipe"])
    assert recipe["parameters"]["encoding"] == "Z" and recipe["parameters"]["near"] == 2.0
    # A channel called depth.Z makes it a layered image for Blender: the compositor shows it.
    written = open_plate(depth["path"]).read(1002).pixels[..., 0]
    seen = OpenImageIO.ImageBuf(str(tmp_path / "composited.exr")).get_pixels(OpenImageIO.FLOAT)
    assert np.array_equal(seen[..., 0], written)
    assert 2.0 <= written.min() < written.max() <= 10.0

    restyle = said["restyle"]
    assert (restyle["state"], restyle["space"], restyle["properties"]["replate_version"]) == ("done", "ACEScg", 2)
    recipe = json.loads(restyle["properties"]["replate_recipe"])
    assert recipe["parameters"]["strength"] == 0.5
    result = open_plate(restyle["path"])
    assert result.read(1001).spec.colour_space == "ACEScg"
    light = bradford(result.read(1001).pixels[..., :3])
    assert np.allclose(rgba(restyle)[..., :3], light, atol=2e-3, rtol=2e-3)
    assert not np.allclose(result.read(1001).pixels[..., :3], open_plate(plate).read(1001).pixels[..., :3], atol=0.01)

    assert said["kept"] == ["restyle", 0.5, "Z", "ACEScg"]

    again = said["again"]
    assert (again["state"], again["source"], again["file"]) == ("done", "FILE", "plate.1002.exr")
    assert np.array_equal(open_plate(again["path"]).read(1002).pixels[..., 0], written)


def rgba(told: dict[str, Any]) -> np.ndarray:
    """A datablock's pixels [height, width, 4], the top row first."""
    width, height = told["size"]
    return np.array(told["pixels"], np.float32).reshape(height, width, 4)[::-1]


def bradford(pixels: np.ndarray) -> np.ndarray:
    """ACEScg to linear Rec.709, as OpenColorIO's configs have it."""
    matrix = [[1.70505, -0.62179, -0.08326], [-0.13026, 1.1408, -0.01055], [-0.024, -0.12897, 1.15297]]
    return np.asarray(pixels, np.float32) @ np.array(matrix, np.float32).T
