"""A camera moves through layers from the command line, to frames or to a movie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from replate.depth import Depth
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import PlateWriter, open_plate

Run = Callable[..., Any]


@pytest.fixture
def layers(tmp_path: Path) -> tuple[str, str]:
    """Three frames of a grey wall and a white bar before it, on disk: their colours, and their depths."""
    window, depth = Box(0, 0, 96, 64), Depth(metric=False, inverse=True, near=2.0, far=10.0)
    picture = np.full((64, 96, 8), 0.2, np.float16)
    picture[..., 3] = 1
    picture[..., 4:] = (np.abs(np.arange(96) - 60) < 6)[:, None]
    near = np.broadcast_to(np.float32([0.1, 0.5]), (64, 96, 2)).copy()
    for number in range(1001, 1004):
        names = ("a_wall", "b_bar")
        spec = FrameSpec(number, window, window, tuple(f"{name}.{one}" for name in names for one in "RGBA"))
        PlateWriter(tmp_path / "layers.####.exr").write(Frame(spec, picture))
        spec = FrameSpec(
            number, window, window, tuple(f"{name}.Z" for name in names), PixelType.FLOAT, DATA, depth=depth
        )
        PlateWriter(tmp_path / "depths.####.exr").write(Frame(spec, near))
    return str(tmp_path / "layers.####.exr"), str(tmp_path / "depths.####.exr")


def test_a_move_becomes_frames(replate: Run, layers: tuple[str, str], tmp_path: Path) -> None:
    colours, depths = layers
    how = ("--move", "truck", "--amount", "0.2", "--pivot", "2.5", "--focal", "36", "--sensor", "36")
    said = replate("move", colours, "--depths", depths, *how, "--out", "out/move.####.exr", "--json")
    assert said.code == 0, said.err
    moved = open_plate(tmp_path / "out" / "move.####.exr")
    bars = [np.argwhere(frame.pixels[32, :, 0] > 0.6).mean() for frame in moved]
    assert bars[0] - bars[2] == pytest.approx(96 * 0.5 / 2, abs=0.6)
    assert said.json["recipe"]["parameters"]["move"] == "truck"


def test_a_move_becomes_a_movie(replate: Run, layers: tuple[str, str], tmp_path: Path) -> None:
    colours, depths = layers
    said = replate("move", colours, "--depths", depths, "--move", "orbit", "--out", "out/orbit.mp4")
    assert said.code == 0, said.err
    assert "Wrote 3 frames to out/orbit.mp4" in said.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["orbit.mp4"]
    with av.open(str(tmp_path / "out" / "orbit.mp4")) as movie:
        assert sum(1 for _ in movie.decode(video=0)) == 3
