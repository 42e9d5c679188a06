"""What a zip is built from: all that its target needs, in the locked versions; and what Blender says of it."""

from __future__ import annotations

import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

from blenders import VERSIONS, python
from tools.extension.building import blender, narrowed
from tools.extension.needs import ROOT, missing, pinned, version
from tools.extension.targets import ALL, Target

MANIFEST = ROOT / "blender_addon" / "blender_manifest.toml"
ONLY_ON_WINDOWS = "colorama"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here says of itself, without the packages."""
    folder = tmp_path_factory.mktemp("packages")
    for found in distributions():
        if found.name.lower() != ONLY_ON_WINDOWS and (text := found.read_text("METADATA")):
            about = folder / f"{found.name}-{found.version}.dist-info" / "METADATA"
            about.parent.mkdir(exist_ok=True)
            about.write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("target", ALL, ids=str)
def test_what_is_missing_is_said_of_the_target_and_not_of_this_machine(target: Target, packages: Path) -> None:
    assert missing(packages, target) == ([ONLY_ON_WINDOWS] if target.platform == "windows-x64" else [])
    assert ONLY_ON_WINDOWS in pinned()


def test_an_empty_folder_misses_what_the_client_names(tmp_path: Path) -> None:
    wanted = missing(tmp_path, ALL[0])
    assert {"grpcio", "openimageio", "usd-core", "numpy"} <= set(wanted) <= set(pinned())


@pytest.mark.parametrize("target", ALL, ids=str)
def test_blender_accepts_the_manifest_of_every_zip(target: Target, tmp_path: Path) -> None:
    if not any(map(python, VERSIONS)):
        pytest.skip("there is no Blender: make blender")
    (tmp_path / "__init__.py").touch()
    text = narrowed(MANIFEST.read_text("utf-8"), target)
    (tmp_path / MANIFEST.name).write_text(text, "utf-8")
    blender("validate", str(tmp_path))
    said = tomllib.loads(text)
    assert said["platforms"] == [target.platform] and said["version"] == version()
    with pytest.raises(SystemExit, match="one line 'platforms"):
        narrowed(text.replace("platforms", "platform"), target)
    (tmp_path / MANIFEST.name).write_text(text.replace('scenes"', 'scenes."'), "utf-8")
    with pytest.raises(SystemExit, match="Blender refuses"):
        blender("validate", str(tmp_path))


def test_each_zip_is_for_a_blender_that_is_tested_and_so_is_the_oldest_blender() -> None:
    for target in ALL:
        assert any(target.fits(release) for release in VERSIONS)
    assert min(target.blender[0] for target in ALL) == f"{VERSIONS[0]}.0"


def test_each_blender_has_one_zip_of_a_platform() -> None:
    for platform in {target.platform for target in ALL}:
        ranges = sorted(target.blender for target in ALL if target.platform == platform)
        ends = [end for _, end in ranges]
        assert ends[-1] is None and ends[:-1] == [first for first, _ in ranges[1:]]


def test_the_manifest_in_the_checkout_says_every_platform_and_this_version() -> None:
    said = tomllib.loads(MANIFEST.read_text("utf-8"))
    assert set(said["platforms"]) == {target.platform for target in ALL}
    assert said["version"] == version()
