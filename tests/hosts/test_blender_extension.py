"""The zip is all that Blender needs: installed, enabled, run, disabled and removed, with nothing left of it.

REPLATE_EXTENSION may name a folder with zips to be tested, such as `dist` after `make extension`. Without it they are
made here, uncompressed: compressing is what takes the time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from blenders import each_blender
from replate.media import open_plate, write_frame
from serving import noise, serving
from tools.extension.building import lay_out, packed
from tools.extension.needs import version
from tools.extension.packages import fetched, installed
from tools.extension.targets import Target, here, of_blender

SCENARIOS = Path(__file__).parent / "blender_scenarios"

pytestmark = each_blender


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Target], Path]]:
    """The zip for a target, made once."""
    home = tmp_path_factory.mktemp("extension")

    @cache
    def make(target: Target) -> Path:
        if named := os.environ.get("REPLATE_EXTENSION"):
            return Path(named).resolve() / f"replate-{version()}-{target}.zip"
        folder = home / str(target)
        # Packages for another Python are not installed here.
        lay_out(folder, target, installed if target == here() else fetched)
        return packed(folder)

    yield make
    # Half a gigabyte each, twice.
    shutil.rmtree(home)


@pytest.fixture
def extension(bpy_python: Path, blender_version: str, made: Callable[[Target], Path]) -> Path:
    """The zip that is for this Blender."""
    target = of_blender(blender_version)
    if target is None:
        pytest.skip("there is no zip for this machine")
    return made(target)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.address


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what a process loads is read as Linux tells it")
def test_an_artist_installs_runs_and_removes_it(
    extension: Path, bpy_python: Path, blender_version: str, address: str, tmp_path: Path
) -> None:
    frames = noise((1001, 1002))
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number}.exr", frame)
    words = [extension, address, tmp_path / "in.####.exr", tmp_path / "out.####.exr"]
    # Nothing of this machine's Replate is within reach, and nothing of an artist's own Blender.
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "BLENDER_USER_RESOURCES": str(tmp_path / "blender"),
    }
    command = [str(bpy_python), str(SCENARIOS / "extension.py"), *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])

    assert told["blender"].startswith(f"{blender_version}.")
    assert told["installed"] == told["disabled"] == {"files": True, "enabled": False, "loaded": False}
    assert told["enabled"] == told["enabled_again"] == {"files": True, "enabled": True, "loaded": True}
    assert told["removed"] == {"files": False, "enabled": False, "loaded": False}

    run = told["run"]
    assert run["state"] == "done" and run["frames"] == [1001, 1002] and "identity" in run["operations"]
    assert {"grpc", "numpy", "OpenImageIO", "av", "blake3", "google"} <= set(run["carried"])
    assert run["of_blender"] == []
    results = open_plate(tmp_path / "out.####.exr")
    for frame in frames:
        assert (results.read(frame.spec.number).pixels == frame.pixels).all()

    before, during, after = told["before"], told["around"], told["after"]
    assert told["violations"] == []
    assert during["path"] == before["path"] and during["top modules"] == []
    assert after == before and told["left"] == []


def test_a_part_that_fails_is_said_in_the_preferences_and_stops_nothing(bpy_python: Path) -> None:
    command = [str(bpy_python), str(SCENARIOS / "broken.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["happened"] == ["registered", "unregistered"]
    said = "Replate could not be enabled (RuntimeError: there is no such property): install it again."
    assert told["shown"] == [said]
    assert told["later"] == ["registered", "mended", "gone", "unregistered"] and told["left"] == []
