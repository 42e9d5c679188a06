"""What pip installs is whole: also the parts that are no packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INGREDIENTS = ("pyproject.toml", "README.md", "LICENSE", "client", "server", "nuke_plugin")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy, so that nothing is left in the checkout, unpacked as pip does."""
    copy, site = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("site")
    for name in INGREDIENTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "build"))
        else:
            shutil.copy(source, copy)
    build = "import setuptools.build_meta as backend; backend.build_wheel('dist')"
    run = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(*(copy / "dist").glob("*.whl")) as archive:
        archive.extractall(site)
    return site


def test_the_wheel_has_every_module_and_what_lies_beside_them(wheel: Path) -> None:
    for folder in ("client", "server", "."):
        for package in ("replate", "replate_host", "replate_server", "nuke_plugin"):
            source = ROOT / folder / package
            wanted = {
                path.relative_to(source).as_posix()
                for path in source.rglob("*")
                if path.is_file() and "__pycache__" not in path.parts and path.name != "README.md"
            }
            found = {path.relative_to(wheel / package).as_posix() for path in (wheel / package).rglob("*")}
            assert wanted <= found, f"{package} lacks {sorted(wanted - found)}"


def test_an_installed_replate_puts_itself_into_nuke(wheel: Path, tmp_path: Path) -> None:
    script = (
        "import replate, replate.install.nuke as nuke\n"
        "print(replate.__file__); print(nuke._plugin()); print(len(nuke.contents()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    package, plugin, count = run.stdout.splitlines()
    assert package.startswith(str(wheel)) and Path(plugin) == wheel / "nuke_plugin"
    assert int(count) > 50
