"""`replate depth` writes depth that says what it is, and something to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from PIL import Image

from replate.media import open_plate

Run = Callable[..., Any]


def test_a_shot_has_depth_files_and_a_movie_to_look_at(replate: Run, plate: Path, tmp_path: Path) -> None:
    said = replate("depth", plate, "-o", "out/z.####.exr", "--near", "2", "--far", "50", "--json")
    assert said.code == 0, said.err
    assert [Path(file).name for file in said.json["files"]["depth"]] == [f"z.{n}.exr" for n in range(1001, 1007)]
    file = OpenEXR.File(str(tmp_path / "out" / "z.1003.exr"))
    header, channels = file.header(), file.channels()
    assert (header["replate:depth"], header["replate:depth_encoding"]) == ("relative", "1/Z")
    assert (header["replate:depth_near"], header["replate:depth_far"]) == (2, 50)
    assert list(channels) == ["depth.Z"]
    assert channels["depth.Z"].pixels.dtype == np.float32
    assert 1 / 50 <= channels["depth.Z"].pixels.min() < channels["depth.Z"].pixels.max() <= 0.5
    movie = open_plate(tmp_path / "out" / "z.preview.mp4")
    assert said.json["previews"] == {"depth": "out/z.preview.mp4"}
    assert (len(movie), movie.spec(1).display_window.width) == (6, 96)


def test_a_single_frame_gets_a_picture(replate: Run, plate: Path, tmp_path: Path) -> None:
    said = replate("depth", plate, "-f", "1002", "-o", "z.####.exr", "--encoding", "Z")
    assert said.code == 0, said.err
    assert "z.preview.png" in said.out + said.err
    shown = np.asarray(Image.open(tmp_path / "z.preview.png"))
    assert shown.shape == (64, 96, 3)
    frame = open_plate(tmp_path / "z.1002.exr").read(1002)
    assert frame.spec.depth is not None and not frame.spec.depth.inverse
    assert frame.pixels.min() >= 1


def test_a_range_that_makes_no_sense_is_refused(replate: Run, plate: Path) -> None:
    said = replate("depth", plate, "--near", "5", "--far", "2")
    assert said.code == 1
    assert said.err.strip() == "Near is 5 and far is 2; make far the greater."
