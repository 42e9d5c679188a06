"""replate layers, as an artist runs it: a plate goes in, a scene comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from replate.cli.objects import open_objects
from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import PlateWriter, open_plate
from replate.scene import Kind, read_scene

Run = Callable[..., Any]

DISPLAY, DATA_WINDOW = Box(0, 0, 96, 64), Box(-4, -4, 104, 72)
"""Those of the `plate` fixture."""
NUMBERS = (1001, 1002)


def beside(path: Path, name: str, make: Callable[[int], np.ndarray[Any, Any]], depth: Depth | None = None) -> Path:
    """A plate of one channel for the `plate` fixture's first frames."""
    writer = PlateWriter(path)
    for number in NUMBERS:
        spec = FrameSpec(
            number, DATA_WINDOW, DISPLAY, (name,), PixelType.FLOAT if depth else PixelType.HALF, DATA, depth=depth
        )
        writer.write(Frame(spec, make(number)[:, :, None].astype(spec.pixel_type.dtype)))
    return path


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    """A matte of a disc."""
    y, x = np.mgrid[:72, :104]
    return beside(tmp_path / "in/ball.####.exr", "A", lambda number: np.clip(20 - np.hypot(x - 50, y - 36), 0, 1))


@pytest.fixture
def depths(tmp_path: Path) -> Path:
    """A wall at 10, and the disc at 4."""
    y, x = np.mgrid[:72, :104]
    near = np.hypot(x - 50, y - 36) < 20
    meaning = Depth(metric=True, inverse=True, near=4.0, far=10.0, focal=80.0)
    return beside(tmp_path / "in/z.####.exr", "depth.Z", lambda number: np.where(near, 1 / 4, 1 / 10), meaning)


def test_a_plate_becomes_a_scene_that_puts_it_together_again(
    replate: Run, plate: Path, depths: Path, ball: Path, tmp_path: Path
) -> None:
    said = replate(
        *("layers", plate, "--frames", "1001-1002", "--depth", depths, "--matte", f"marble={ball}"),
        *("--out", "scene", "--kind", "card", "--move", "truck", "--amount", "0.5", "--json"),
    )
    assert said.code == 0, said.err
    scene = read_scene(tmp_path / "scene")
    assert said.json["layers"] == [layer.name for layer in scene.layers]
    assert "marble" in said.json["layers"] and len(scene.layers) >= 2
    assert (scene.first, scene.last, scene.colour_space, scene.title) == (1001, 1002, "ACEScg", "noise")
    assert (scene.display_window, scene.data_window, scene.metric) == (DISPLAY, DATA_WINDOW, True)
    assert scene.camera.focal == pytest.approx(80.0 * 36.0 / 96.0)
    assert all(layer.kind is Kind.CARD for layer in scene.layers)
    for number in NUMBERS:
        together = np.zeros((72, 104, 4), np.float32)
        for layer in scene.layers:
            frame = open_plate(tmp_path / "scene" / layer.picture).read(number)
            over = frame.pixels.astype(np.float32)
            together = over + together * (1 - over[:, :, 3:])
        np.testing.assert_allclose(together, open_plate(plate).read(number).pixels, atol=2e-3)
    assert json.loads(str(frame.spec.metadata["replate:recipe"]))["operation"] == "layers"
    for name in ("scene.usda", "scene.nk", "geometry/marble.usdc"):
        assert (tmp_path / "scene" / name).is_file()
    with av.open(str(tmp_path / said.json["preview"])) as movie:
        rest, moved = (picture.to_ndarray(format="rgb24").astype(float) for picture in movie.decode(video=0))
    assert rest.shape == (64, 96, 3) and np.abs(rest - moved).mean() > 2


def test_what_cannot_be_leaves_no_scene(replate: Run, plate: Path, depths: Path, tmp_path: Path) -> None:
    said = replate("layers", plate, "--frames", "1001-1002", "--depth", depths, "--move", "moonwalk")
    assert said.code == 1 and "choose orbit" in said.err
    for option, value, sentence in (("--focal", "0", "over 0"), ("--compression", "rar", "choose zip")):
        said = replate("layers", plate, option, value)
        assert said.code == 1 and sentence in said.err
    said = replate("layers", plate, "--frames", "1001-1003", "--depth", depths)
    assert said.code == 1 and "1003" in said.err
    assert not (tmp_path / "scene").exists()


def test_mattes_become_objects(ball: Path, tmp_path: Path) -> None:
    both = open_objects([f"marble={ball}", str(ball)], "1001-1002", "")
    assert both.numbers == NUMBERS
    frame = both.read(1001)
    assert frame.spec.channels == ("marble.A", "ball.A")
    np.testing.assert_array_equal(frame.channel("marble.A"), frame.channel("ball.A"))
    PlateWriter(tmp_path / "in/two.####.exr").write(frame)
    again = open_objects([str(tmp_path / "in/two.1001.exr")], None, "")
    assert again.read(1001).spec.channels == ("ball.A", "marble.A")
    with pytest.raises(BadRequest, match="name them"):
        open_objects([str(ball), str(ball)], None, "").read(1001)
