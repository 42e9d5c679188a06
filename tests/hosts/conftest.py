"""Blender, in an environment and a process of its own; and what renders for Nuke's stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from blenders import USUAL, python
from nuke_engine import Engine
from serving import Server, Studio, serving

SECONDS = 300
"""For all tasks of a process, on a busy machine; most take seconds."""

SCENARIOS = Path(__file__).with_name("blender_scenarios")

Blender = Callable[[Sequence[dict[str, Any]]], None]
Told = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def blender_version(request: pytest.FixtureRequest) -> str:
    """Which Blender: one of each with `each_blender`, the usual one without."""
    return str(getattr(request, "param", USUAL))


@pytest.fixture(scope="module")
def bpy_python(blender_version: str) -> Path:
    """A Python that has Blender as a module; the test is skipped where `make blender` did not make it."""
    found = python(blender_version)
    if found is None:
        pytest.skip(f"there is no Blender {blender_version}: make blender")
    return found


@pytest.fixture(scope="module")
def blender(bpy_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """Has Blender do what `in_blender.py` knows."""

    def run(tasks: Sequence[dict[str, Any]]) -> None:
        file = tmp_path_factory.mktemp("blender") / "tasks.json"
        file.write_text(json.dumps(tasks, default=str), encoding="utf-8")
        command = [str(bpy_python), str(Path(__file__).with_name("in_blender.py")), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    return run


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


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine of Nuke's stand-in, kept running."""
    with Engine(tmp_path_factory.mktemp("engine")) as asked:
        yield asked
