"""What an artist has done from Blender: shown as images, cancelled, and gone on with in a file opened again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import psutil

from blender_plates import sequence, write
from blenders import each_blender
from replate import embedded, open_plate
from replate.media import write_frame, write_movie
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
    # Called depth.Z, the channel would be a layer for Blender, without pixels but in the compositor.
    assert np.array_equal(rgba(depth)[..., 0], open_plate(depth["path"]).read(1001).channel("Y"))
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

    menu = [stands[0] for stands in said["presets"]]
    assert menu[1:] == ["adhere", "reimagine", "reimagine", "own"], (
        "own is what the settings say, and nothing to choose"
    )
    assert said["presets"][1][1:] == [0.5, True] and said["presets"][2][1:] == [1.0, False]

    assert said["kept"] == ["restyle", 0.5, "Z", "ACEScg"]

    larger = said["upscale"]
    assert (larger["state"], larger["space"], larger["source"]) == ("done", "ACEScg", "SEQUENCE")
    height, width = open_plate(plate).read(1001).pixels.shape[:2]
    assert larger["size"] == [3 * width, 3 * height]
    assert np.allclose(
        rgba(larger)[..., :3], bradford(open_plate(larger["path"]).read(1001).pixels[..., :3]), atol=2e-3, rtol=2e-3
    )

    again = said["again"]
    assert (again["state"], again["source"], again["file"]) == ("done", "FILE", "plate.1002.exr")
    assert np.array_equal(open_plate(again["path"]).read(1002).pixels[..., 0], written)


def test_keyframes_are_carried_to_the_frames_that_are_asked_for(told: Told, server: Server, tmp_path: Path) -> None:
    plate, keys = sequence(tmp_path), tmp_path / "keys"
    keys.mkdir()
    light = open_plate(plate)
    for number in (1001, 1003):
        write_frame(keys / f"painted_{number}.exr", light.read(number).with_pixels(light.read(number).pixels / 2))
    said = told("keyed_day", server.address, plate, keys)
    assert said["style"] == "Choose the style: a file, an image, or what the scene rendered."
    assert said["keyframes"] == "Choose the keyframes: a file, an image, or what the scene rendered."
    one, all_ = said["one"], said["all"]
    assert (one["state"], one["frames"], one["strength"]) == ("done", [1002], 1.0), one["said"]
    assert (all_["state"], all_["frames"]) == ("done", [1001, 1002, 1003]), all_["said"]
    for each in (one, all_):
        assert [each["inputs"][role]["count"] for role in ("plate", "keyframes")] == [3, 2]
    painted, carried = (open_plate(path).read(1003).pixels for path in (keys / "painted_1003.exr", all_["pattern"]))
    assert np.allclose(painted, carried, atol=0.01)


def test_a_plate_is_anything_that_blender_shows(told: Told, server: Server, tmp_path: Path) -> None:
    plate = sequence(tmp_path)
    light = open_plate(plate)
    write_movie(tmp_path / "movie.mov", [light.read(number) for number in light.numbers], 24)
    said = told("sources", server.address, plate, tmp_path / "movie.mov")
    assert {name: (state, frames) for name, (state, _, frames, _) in said.items()} == {
        "one frame": ("done", [1001]),
        "its sequence": ("done", [1001, 1002, 1003]),
        "a movie": ("done", [1001, 1002, 1003]),
        "an image": ("done", [1001, 1002, 1003]),
        "a clip": ("done", [1001, 1002, 1003]),
        "a clip of a movie": ("done", [41, 42, 43]),
        "the render": ("done", [3, 4]),
        "the scene's range": ("done", [4]),
    }, [status for _, status, _, _ in said.values()]
    for name in ("its sequence", "an image", "a clip"):
        assert np.array_equal(open_plate(said[name][3]).read(1002).pixels, light.read(1002).pixels)
    rendered = open_plate(tmp_path / "render" / "shot_####.exr").read(4).pixels
    assert np.array_equal(open_plate(said["the render"][3]).read(4).pixels, rendered)


def test_a_server_on_this_machine_is_started_from_the_preferences(told: Told, tmp_path: Path) -> None:
    data = tmp_path / "data"
    said = told("local", data, sys.executable)
    try:
        assert "is no program: name the Python in which Replate's server is installed" in said["refused"]
        assert said["started"].startswith("Connected: ")
    finally:
        process = psutil.Process(json.loads((data / embedded.RECORD).read_text("utf-8"))["pid"])
        process.terminate()
        psutil.wait_procs([process], timeout=20)


def rgba(told: dict[str, Any]) -> np.ndarray:
    """A datablock's pixels [height, width, 4], the top row first."""
    width, height = told["size"]
    return np.array(told["pixels"], np.float32).reshape(height, width, 4)[::-1]


def bradford(pixels: np.ndarray) -> np.ndarray:
    """ACEScg to linear Rec.709, as OpenColorIO's configs have it."""
    matrix = [[1.70505, -0.62179, -0.08326], [-0.13026, 1.1408, -0.01055], [-0.024, -0.12897, 1.15297]]
    return np.asarray(pixels, np.float32) @ np.array(matrix, np.float32).T
