"""The results of a node: each a version with all that says how it was made, kept in the host's own script."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .jobs import JobHandle
from .protocol import AgentError


@dataclass(frozen=True)
class Version:
    """One result. With `job` its frames can be had from the server again, with the rest it can be made again."""

    number: int
    """From 1, rising; a number is not given twice in a node."""
    operation: str
    model: str
    first: int
    last: int
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """By name, as `submit` took them."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """By role: the digest of what was sent, as the host counts it."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """By output name: the pattern of the files, whole, with forward slashes."""
    made: str = ""
    """When it was asked for: ISO 8601, with the offset from UTC."""
    job: str = ""
    """The server's id; empty until it has written the job down."""
    sequence: int = 0
    """Of the last frame that is on disk: `watch` goes on from there."""
    state: str = "submitting"
    """The job's, when last heard of; see `JobHandle.state`."""
    recipe: str = ""
    """The server's own record, JSON in a text; there once the job is done."""
    warnings: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Frames may still be to come: the job goes on, or was not heard of to its end."""
        return self.state not in ("done", "failed", "cancelled")

    def heard(self, handle: JobHandle) -> Version:
        """The version with what is known of its job by now."""
        return replace(
            self,
            job=handle.id or self.job,
            sequence=max(handle.sequence, self.sequence),
            state=handle.state,
            recipe=handle.recipe or self.recipe,
            warnings=tuple(dict.fromkeys((*self.warnings, *handle.warnings))),
        )


def now() -> str:
    """For `Version.made`: this moment, to the second, in the artist's own time zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def next_number(versions: Iterable[Version]) -> int:
    return max((version.number for version in versions), default=0) + 1


def dumps(versions: Sequence[Version]) -> str:
    """One line of JSON, ASCII only: it survives any host's script."""
    return json.dumps([asdict(version) for version in versions], separators=(",", ":"))


def loads(text: str) -> tuple[Version, ...]:
    """The versions of a text that `dumps` made; none of an empty one.

    What a later Replate wrote beyond this is left out. Raises `AgentError` for any other text.
    """
    if not text.strip():
        return ()
    try:
        return tuple(map(_version, json.loads(text)))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise AgentError(
            "Damaged", f"The versions kept in this node cannot be read ({error!r}): process it again."
        ) from error


def _version(said: Mapping[str, Any]) -> Version:
    known = {each.name for each in fields(Version)} & set(said)
    return Version(**{**{name: said[name] for name in known}, "warnings": tuple(said.get("warnings", ()))})
