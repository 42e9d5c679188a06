"""A scene's versions, as the .blend keeps them: in a custom property of the scene."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from .. import preferences
from ..replate_host.versions import Version, dumps, loads, next_number

VERSIONS = "replate_versions"
"""By number as a text: {"record": of `versions.dumps`, and what `keep` was given beside it}."""


def versions(scene: bpy.types.Scene) -> Sequence[Version]:
    """All that a scene keeps, oldest first."""
    kept = scene.get(VERSIONS) or {}
    return sorted((loads(each["record"])[0] for each in kept.values()), key=lambda version: version.number)


def beside(scene: bpy.types.Scene, number: int) -> dict[str, Any]:
    """What was kept beside a version."""
    return {name: _plain(value) for name, value in scene[VERSIONS][str(number)].items() if name != "record"}


def keep(scene: bpy.types.Scene, version: Version, beside: Mapping[str, Any]) -> None:
    """Writes a version down, in place of what it was before."""
    if VERSIONS not in scene:
        scene[VERSIONS] = {}
    scene[VERSIONS][str(version.number)] = {**beside, "record": dumps([version])}


def next_place(scene: bpy.types.Scene, what: str) -> tuple[int, str]:
    """A new version's number, and the folder of its files, which no other version of anybody's has."""
    number = next_number(versions(scene))
    return number, (preferences.folder() / f"{what}.v{number:03d}.{uuid.uuid4().hex[:8]}").as_posix()


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return value.to_list() if hasattr(value, "to_list") else value
