"""Where packages come from: the package index, for any target; or what is installed here, for this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Protocol

from packaging.utils import NormalizedName

from tools.extension.needs import pinned
from tools.extension.targets import Target


class Source(Protocol):
    def __call__(self, names: Sequence[NormalizedName], folder: Path, target: Target) -> None:
        """Adds packages to a folder, without those that they need in turn."""


def fetched(names: Sequence[NormalizedName], folder: Path, target: Target) -> None:
    """Wheels of the locked versions, with pip. Raises SystemExit for one without a lock or a wheel."""
    versions = pinned()
    if unknown := [name for name in names if name not in versions]:
        raise SystemExit(f"{', '.join(unknown)}: without a version in constraints.txt; add one for {target}.")
    with tempfile.TemporaryDirectory() as got:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", got]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", target.python]
        command += [word for tag in target.tags for word in ("--platform", tag)]
        done = subprocess.run([*command, *(f"{name}=={versions[name]}" for name in names)], check=False)
        if done.returncode:
            raise SystemExit(f"pip has not all wheels for {target}; what is missing stands above.")
        # Not straight into the folder: pip leaves out what shares a folder with what is there, as google.* does.
        shutil.copytree(got, folder, dirs_exist_ok=True)


def installed(names: Sequence[NormalizedName], folder: Path, target: Target) -> None:
    """Copies of what this Python has."""
    for name in names:
        for file in distribution(name).files or ():
            # Commands lie outside of site-packages.
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copy = folder / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), copy)
