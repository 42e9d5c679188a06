"""What was measured of a restyle: told, plotted, and in each frame's header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from replate.frame import Frame
from replate.media import open_plate, write_frame

Run = Callable[..., Any]


@pytest.fixture
def key(plate: Path, tmp_path: Path) -> Path:
    """The first frame, painted: its colours exchanged."""
    frame = open_plate(plate).read(1001)
    painted = np.ascontiguousarray(frame.pixels[..., [2, 0, 1, 3]])
    write_frame(tmp_path / "key.1001.exr", Frame(frame.spec, painted))
    return tmp_path / "key.1001.exr"


def test_a_restyle_is_measured_and_plotted_beside_its_frames(
    replate: Run, plate: Path, key: Path, tmp_path: Path
) -> None:
    arguments = ("restyle", plate, "--keyframes", key, "-m", "keyframes")
    said = replate(*arguments, "-o", "out/sh010.####.exr", "--json")
    assert said.code == 0, said.err
    measured = said.json["figures"]["plate"]
    plot = tmp_path / "out" / "sh010.figures.png"
    assert tmp_path / measured["plot"] == plot
    assert Image.open(plot).size[0] == 960
    assert 0 < measured["means"]["warping_error"] < 0.001
    assert measured["means"]["warping_ratio"] > 0
    assert measured["looks"] == []
    structures = [
        figure.value
        for file in said.json["files"]["plate"]
        for frame in open_plate(tmp_path / file)
        for figure in frame.spec.figures
        if figure.name == "structure"
    ]
    assert len(structures) == 6
    assert measured["means"]["structure"] == pytest.approx(np.mean(structures), abs=1e-6)
    # The plot is nobody's frame.
    assert open_plate(tmp_path / "out" / "sh010.####.exr").numbers == tuple(range(1001, 1007))


def test_it_is_told_in_a_sentence_and_a_single_frame_has_no_plot(
    replate: Run, plate: Path, key: Path, tmp_path: Path
) -> None:
    arguments = ("restyle", plate, "--keyframes", key, "-m", "keyframes")
    movie = replate(*arguments, "-o", "out/sh010.mp4")
    assert "Measured: changes from frame to frame" in movie.err
    assert "Plotted in out/sh010.figures.png." in movie.err
    still = replate(*arguments, "-f", "1001", "-o", "still/sh010.exr")
    assert "of the plate's structure" in still.err
    assert "Plotted" not in still.err
    assert [file.name for file in (tmp_path / "still").iterdir()] == ["sh010.exr"]


def test_what_is_not_measured_is_not_told(replate: Run, plate: Path, key: Path, tmp_path: Path) -> None:
    arguments = ("restyle", plate, "--keyframes", key, "-m", "keyframes", "-p", "figures=false", "-f", "1001-1002")
    said = replate(*arguments, "-o", "out/sh010.####.exr", "--json")
    assert said.code == 0, said.err
    assert said.json["figures"] == {}
    assert not (tmp_path / "out" / "sh010.figures.png").exists()
