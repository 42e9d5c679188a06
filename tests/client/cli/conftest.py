"""The command line as an artist runs it: a process of its own, and a server that it starts by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import psutil
import pytest

from replate.frame import Box, Frame, FrameSpec
from replate.media import PlateWriter

COMMAND = [sys.executable, "-c", "from replate.cli import main; main()"]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory, weights_dir: Path) -> Iterator[Mapping[str, str]]:
    """Environment variables that keep a user's settings out, and the server's data in a folder of the test's own."""
    home = tmp_path_factory.mktemp("home")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REPLATE_")}
    clean |= {
        "REPLATE_DATA": str(home / "data"),
        "REPLATE_WEIGHTS__FOLDER": str(weights_dir),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    yield clean
    record = home / "data" / "server.json"
    if record.is_file():
        server = psutil.Process(json.loads(record.read_text())["pid"])
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@pytest.fixture
def replate(surroundings: Mapping[str, str], tmp_path: Path) -> Callable[..., Said]:
    """Runs a command in the test's folder, or in another."""

    def run(*arguments: str | Path, where: Path = tmp_path, **environment: str) -> Said:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env={**surroundings, **environment},
            cwd=where,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Six frames of clouds that drift a pixel a frame to the left, with a data window larger than the format."""
    coarse = np.random.default_rng(5).random((20, 40, 4)).astype(np.float32)
    fine = oiio.ImageBufAlgo.resize(oiio.ImageBuf(coarse), roi=oiio.ROI(0, 160, 0, 80, 0, 1, 0, 4))
    noise = fine.get_pixels(oiio.HALF)
    writer = PlateWriter(tmp_path / "in" / "noise.####.exr")
    for number in range(1001, 1007):
        spec = FrameSpec(number, Box(-4, -4, 104, 72), Box(0, 0, 96, 64), ("R", "G", "B", "A"), colour_space="ACEScg")
        writer.write(Frame(spec, np.ascontiguousarray(noise[4:76, number - 1001 :][:, :104])))
    return tmp_path / "in" / "noise.####.exr"
