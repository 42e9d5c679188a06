"""Blender, in an environment and a process of its own; and what renders for Nuke's stand-in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nuke_engine import Engine

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300
"""For all tasks of a process, on a busy machine; most take seconds."""

Blender = Callable[[Sequence[dict[str, Any]]], None]


@pytest.fixture(scope="session")
def bpy_python() -> Path:
    """A Python that has Blender as a module; the test is skipped where `make blender` was not run."""
    found = [path for path in (ROOT / ".venv-bpy").glob("*/python*") if path.stem == "python"]
    if not found or not (ROOT / ".venv-bpy" / "ready").is_file():
        pytest.skip("there is no Blender: make blender")
    return found[0]


@pytest.fixture(scope="session")
def blender(bpy_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """Has Blender do what `in_blender.py` knows."""

    def run(tasks: Sequence[dict[str, Any]]) -> None:
        file = tmp_path_factory.mktemp("blender") / "tasks.json"
        file.write_text(json.dumps(tasks, default=str), encoding="utf-8")
        command = [str(bpy_python), str(Path(__file__).with_name("in_blender.py")), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    return run


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine of Nuke's stand-in, kept running."""
    with Engine(tmp_path_factory.mktemp("engine")) as asked:
        yield asked
