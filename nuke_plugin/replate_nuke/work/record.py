"""What a version says of its jobs: one a view, because a job has one view's frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from replate_host import AgentError, JobHandle
from replate_host.versions import Version, dumps, loads
from replate_nuke.work.folders import SESSION

FILE = "version.json"
"""Beside a result: who asks for the same later has its record, too."""

_WORST = ("failed", "lost", "cancelled", "submitting", "queued", "running", "done")
"""States of jobs; several together are in the first of them that one is in."""


def jobs(version: Version, views: Sequence[str]) -> dict[str, str]:
    """The ids of a version's jobs, by view. Empty while the server has not taken them all."""
    found = version.job.split()
    return dict(zip(views, found)) if len(found) == len(views) else {}


def heard(version: Version, handles: Mapping[str, JobHandle]) -> Version:
    """The version with what is known of its jobs by now."""
    ids = [handle.id for handle in handles.values()]
    states = {handle.state for handle in handles.values()}
    for handle in handles.values():
        version = version.heard(handle)
    return replace(
        version,
        job=" ".join(ids) if all(ids) else "",
        # Sequences are each job's own: of several, all frames are told again.
        sequence=version.sequence if len(ids) == 1 else 0,
        state=next(state for state in _WORST if state in states),
    )


def keep(version: Version) -> None:
    """Writes the record beside the result; a folder that cannot be written to is no reason to fail."""
    path = _path(version)
    with suppress(OSError):
        part = path.with_name(f".{FILE}.{SESSION}.part")
        part.write_text(dumps([version]), "ascii")
        part.replace(path)


def kept(version: Version) -> Version:
    """The version as it is recorded beside its result, under its own number."""
    try:
        (found,) = loads(_path(version).read_text("ascii"))
    except (OSError, ValueError, AgentError):
        return version
    return replace(found, number=version.number)


def _path(version: Version) -> Path:
    return Path(next(iter(version.outputs.values()))).with_name(FILE)
