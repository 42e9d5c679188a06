"""What an artist has done from Blender: shown as images, cancelled, and gone on with in a file opened again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from replate import open_plate
from serving import Server, Studio, serving

SCENARIOS = Path(__file__).with_name("blender_scenarios")
FRAMES = (1001, 1002, 1003)

Told = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio.install(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), settings=studio.settings) as server:
        yield server


@pytest.fixture
def told(bpy_python: Path, tmp_path: Path) -> Told:
    """What a scenario reports."""

    def run(scenario: str, *words: object) -> dict[str, Any]:
        out = tmp_path / f"{scenario}.json"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REPLATE_")}
        environment |= {
            "BLENDER_USER_RESOURCES": str(tmp_path / "blender"),
            "HOME": str(tmp_path / "home"),
            "REPLATE_AGENT": f"{sys.executable} -m replate.agent",
        }
        command = [str(bpy_python), str(SCENARIOS / f"{scenario}.py"), str(out), *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found

    return run


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Three small frames: a near square before a slope."""
    for frame in FRAMES:
        rows, columns = np.mgrid[0:48, 0:64].astype(np.float32)
        pixels = np.stack([rows / 48, columns / 64, np.full_like(rows, 0.2)], axis=-1)
        pixels[12:36, 20 + frame % 10 : 40 + frame % 10] = (2.5, 0.4, 0.1)
        write(tmp_path / f"plate.{frame}.exr", pixels)
    return tmp_path / "plate.####.exr"


def test_results_are_images_that_say_how_they_were_made(
    told: Told, server: Server, plate: Path, tmp_path: Path
) -> None:
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


def write(path: Path, pixels: np.ndarray) -> None:
    height, width, channels = pixels.shape
    out = OpenImageIO.ImageOutput.create(str(path))
    assert out.open(str(path), OpenImageIO.ImageSpec(width, height, channels, OpenImageIO.HALF)), out.geterror()
    assert out.write_image(np.ascontiguousarray(pixels)), out.geterror()
    out.close()
