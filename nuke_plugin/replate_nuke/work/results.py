"""A result's files: which frames of it lie on disk, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import nuke

from replate_host.versions import Version
from replate_nuke.work import folders


def frames_there(version: Version) -> list[int]:
    """The frames of a version that are on disk, every output and view of them."""
    return frames_in(version.outputs, range(version.first, version.last + 1), nuke.views())


def frames_in(outputs: Mapping[str, str], wanted: Iterable[int], views: Sequence[str]) -> list[int]:
    """Those wanted of which every output's files are there."""
    found = set(wanted)
    for pattern in outputs.values():
        if "####" in pattern:
            found &= folders.on_disk(pattern, views)
        elif not Path(pattern).is_file():
            return []
    return sorted(found) if outputs else []


def file(version: Version, output: str, frame: int, view: str = "") -> str:
    """The file of a frame of an output."""
    return folders.file(version.outputs[output], frame, view)


def file_there(version: Version, output: str, frame: int, views: Sequence[str]) -> bool:
    """Whether the files of one output's frame are on disk, in all views."""
    return all(Path(file(version, output, frame, view)).is_file() for view in views)
