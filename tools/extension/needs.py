"""What the client needs, and what that needs in turn, as far as it is not in a folder yet."""

from __future__ import annotations

import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tools.extension.targets import Target

ROOT = Path(__file__).resolve().parents[2]


def missing(folder: Path, target: Target) -> list[NormalizedName]:
    """Names of the packages that are to be added next; empty when the folder is complete.

    Conditions are those of the target, not of this machine: pip, asked for another platform's wheels, still takes
    "on Windows only" as said of the machine that it runs on.
    """
    there = {canonicalize_name(found.name): found.requires or [] for found in distributions(path=[str(folder)])}
    wanted, seen, absent = [Requirement(each) for each in _roots()], set[tuple[str, str]](), set[NormalizedName]()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name not in there:
            absent.add(name)
            continue
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            conditions = {**target.markers, "extra": extra}
            further = map(Requirement, there[name])
            wanted += [each for each in further if each.marker is None or each.marker.evaluate(conditions)]
    return sorted(absent)


def pinned() -> dict[NormalizedName, str]:
    """The version of each package that Replate is tested with."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version.strip() for name, version in pairs}


def version() -> str:
    """Replate's own."""
    return str(_project()["version"])


def _roots() -> list[str]:
    return list(_project()["dependencies"])


def _project() -> dict[str, list[str]]:
    project: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project
