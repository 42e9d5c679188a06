"""The host's part runs in every Python that Nuke and Blender embed, with nothing but its standard library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from pythons import interpreter
from replate.frame import Frame
from replate.media import write_frame

CLIENT = Path(__file__).resolve().parents[3] / "client"
DRIVE = Path(__file__).with_name("drive.py")


class Server(Protocol):
    address: str


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_a_host_of_this_python_gets_its_frames(
    version: str, server: Server, tmp_path: Path, make_frames: Callable[..., list[Frame]]
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    for frame in make_frames():
        write_frame(tmp_path / f"in.{frame.spec.number}.exr", frame)
    asked = {
        "command": [sys.executable, "-m", "replate.agent"],
        "address": server.address,
        "params": {
            "operation": "identity",
            "inputs": {"plate": {"path": (tmp_path / "in.####.exr").as_posix()}},
            "outputs": {"plate": (tmp_path / "out.####.exr").as_posix()},
        },
        # What a host sets for itself, and an agent would not survive.
        "environment": {
            "PATH": os.environ["PATH"],
            "PYTHONHOME": "/nowhere",
            "PYTHONPATH": str(tmp_path),
            "LD_LIBRARY_PATH": "/nowhere",
        },
    }
    (tmp_path / "grpc.py").write_text("raise ImportError('the host's own')")
    run = subprocess.run(
        [python, "-s", str(DRIVE), str(CLIENT), json.dumps(asked)], capture_output=True, text=True, timeout=180
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["python"] == [int(part) for part in version.split(".")]
    assert told["state"] == "done" and told["fraction"] == 1
    assert told["told"] == [1001, 1002, 1003, 1004]
    assert all(Path(path).is_file() for path in told["paths"])
    assert "identity" in told["operations"]
    assert told["status"] == "4 frames done"
    assert told["menu"].startswith("1: copy, 1001-1004, seed 0, ")
    assert told["foreign"] == []
