"""Blender as a Python module, in each version that is tested: what `make blender` made."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = sorted(file.stem.removeprefix("bpy-") for file in (ROOT / "tests" / "hosts").glob("bpy-*.txt"))
USUAL = "4.5"
"""Where a test does not ask for each."""

each_blender = pytest.mark.parametrize("blender_version", VERSIONS, indirect=True)
"""Has a test that needs Blender run in each version: `pytestmark = each_blender`, or above one test."""


def python(version: str) -> Path | None:
    """A Python that has that Blender as a module; None where it was not made."""
    home = ROOT / ".venv-bpy" / version
    found = [path for path in home.glob("*/python*") if path.stem == "python"]
    return found[0] if found and (home / "ready").is_file() else None
