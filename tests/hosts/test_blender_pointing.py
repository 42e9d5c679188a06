"""What an artist points at in Blender is cut out: as mattes, and as a Cryptomatte that the compositor's node reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from blenders import each_blender
from replate import open_plate
from replate.frame import Box, Frame, FrameSpec
from replate.media import PlateWriter
from serving import Server, serving

Told = Callable[..., dict[str, Any]]

pytestmark = each_blender

FRAMES = (1001, 1002, 1003)
WINDOW = Box(-4, 0, 136, 96)
"""Overscan at the left."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, weights_dir: Path) -> Iterator[Server]:
    """One with real weights; they are fetched once."""
    settings = {"REPLATE_WEIGHTS__FOLDER": str(weights_dir)}
    with serving(tmp_path_factory.mktemp("server"), settings=settings) as server:
        yield server


def shapes(frame: int) -> dict[str, np.ndarray]:
    """Where the ball and the brick are, in pixels of the data window; the ball moves two pixels a frame."""
    rows, columns = np.mgrid[0:96, 0:136] + 0.5
    ball = np.hypot(columns - 64 - 2 * (frame - 1002), rows - 40) < 18
    return {"ball": ball, "brick": (abs(columns - 112) < 16) & (abs(rows - 70) < 12)}


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    writer = PlateWriter(tmp_path / "plate.####.exr")
    floor = np.random.default_rng(2).normal(0.12, 0.01, (96, 136, 3))
    for frame in FRAMES:
        pixels, found = floor.copy(), shapes(frame)
        pixels[found["ball"]] = (0.8, 0.5, 0.05)
        pixels[found["brick"]] = (0.5, 0.05, 0.04)
        spec = FrameSpec(frame, WINDOW, Box(0, 0, 128, 96), ("R", "G", "B"), colour_space="lin_rec709")
        writer.write(Frame(spec, pixels.astype(np.float16)))
    return tmp_path / "plate.####.exr"


def test_what_is_pointed_at_comes_as_mattes_and_as_a_cryptomatte(
    told: Told, server: Server, plate: Path, tmp_path: Path
) -> None:
    said = told("pointing_day", server.address, plate)
    assert said["refused"] == "Nothing is pointed at: press Point in the Image Editor, and click on it."

    seen = said["seen"]
    assert (seen["frame"], seen["corner"], seen["object"]) == (1002, [-4, 0], "ball")
    assert seen["nothing"] == [None, None] and np.allclose(seen["round"], [0.25, 0.75])
    expected = {"frame": 1002, "object": "ball", "x": -4.0, "y": 9.6, "width": 68.0, "height": 62.4}
    assert {name: pytest.approx(value, abs=1e-4) for name, value in expected.items() if name != "object"} == {
        name: value for name, value in seen["box"].items() if name != "object"
    }

    strokes = said["strokes"]
    assert strokes["none"] == "There is no stroke over this picture: draw one with the Annotate tool."
    assert strokes["meant"] == [
        ["nothing", True],
        ["dog", False],
        ["a_cat", False],
        ["chosen", True],
        ["chosen", False],
    ]
    assert np.allclose(strokes["along"], [[0.25, 0], [0.75, 0], [1, 0.25], [1, 0.75]])
    assert strokes["dot"] == [[0.5, 0.5]]

    asked = said["asked"]
    assert [(each["object"], each["inside"], each["frame"]) for each in asked] == [
        ("ball", True, 1002), ("ball", False, 1002), *[("brick", True, 1001)] * 5, *[("brick", False, 1001)] * 5
    ]  # fmt: skip
    assert np.allclose([asked[0]["x"], asked[0]["y"]], [60.5, 40.5], atol=1e-3)
    places = [(each["x"], each["y"]) for each in asked[2:7]]
    assert np.allclose(places, [(101.6 + 3.2 * step, 70) for step in range(5)], atol=1e-3)

    first, second = said["marks"]
    assert [mark[:2] for mark in second] == [["ball", True], ["ball", False]] and len(first) == 10
    assert np.allclose(second[0][2], [[645, 555]], atol=0.1)

    elsewhere = "Nothing is pointed at on frame 1003: press Point in the Image Editor, and click on it."
    assert said["elsewhere"] == elsewhere

    images = said["images"]
    assert [image["name"] for image in images.values()] == [
        "segment v001 matte_ball", "segment v001 matte_brick", "segment v001 cryptomatte"
    ]  # fmt: skip
    assert {image["space"] for image in images.values()} == {"Non-Color"}
    assert [image["made"] and image["made"]["output"] for image in images.values()] == [None, None, "matte"]

    mattes = {}
    for name in ("ball", "brick"):
        key = f"matte/{name}.A"
        for frame in FRAMES:
            matte = open_plate(said["files"][key]).read(frame)
            assert matte.spec.channels == ("Y",) and matte.spec.data_window == WINDOW
            mattes[name, frame] = matte.channel("Y").astype(np.float32)
            found, truth = mattes[name, frame] > 0.5, shapes(frame)[name]
            assert (found & truth).sum() / (found | truth).sum() > 0.9, (name, frame)
        width, height = images[key]["size"]
        loaded = np.array(images[key]["pixels"], np.float32).reshape(height, width, 4)[::-1]
        assert np.array_equal(loaded[..., 0], mattes[name, 1001]) and (loaded[..., 3] == 1).all()

    # The node of Blender's own gives the mattes back.
    assert said["unknown"] == "There is no dog in segment v001 cryptomatte: choose ball, brick."
    smaller, larger = sorted(("ball", "brick"), key=lambda name: mattes[name, 1003].sum())
    pulled = {
        name: oiio.ImageBuf(str(tmp_path / f"{name}.exr")).get_pixels(oiio.FLOAT)[..., 0]
        for name in ("ball", "brick", "opened")
    }
    assert np.array_equal(pulled[smaller], mattes[smaller, 1003])
    assert np.array_equal(pulled[larger], np.minimum(mattes[larger, 1003], 1 - mattes[smaller, 1003]))
    assert np.array_equal(pulled["opened"], pulled["brick"])
