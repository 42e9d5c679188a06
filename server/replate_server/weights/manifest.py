"""What a folder of weights is: each file with its size and digest, and one digest over all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from replate.errors import Damaged
from replate_server.weights.checkpoint import MOST_BYTES, MOST_FILES, is_name
from replate_server.weights.contents import sha256_of
from replate_server.weights.progress import Tick


class Entry(BaseModel):
    """A file of the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    bytes: int = Field(ge=0, le=MOST_BYTES)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """All of them, in the order of their paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    files: tuple[Entry, ...] = Field(min_length=1, max_length=MOST_FILES)

    @model_validator(mode="after")
    def _holds(self) -> Manifest:
        paths = [entry.path for entry in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("the files are not in order")
        strange = [path for path in paths if not is_name(path)]
        if strange:
            raise ValueError(f"{strange[0][:80]!r} is no name of a checkpoint's file")
        if self.bytes > MOST_BYTES:
            raise ValueError("it is too large")
        return self

    @cached_property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.files)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of [[path, bytes, sha256], ...] as JSON without spaces: what a registry pins."""
        rows = [[entry.path, entry.bytes, entry.sha256] for entry in self.files]
        return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()

    @cached_property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.files]


def manifest_of(root: Path, names: Iterable[str], tick: Tick) -> Manifest:
    """Of files in a folder, read through. Raises `Damaged` as `checked`."""
    return checked(
        Entry(path=name, bytes=(root / name).stat().st_size, sha256=sha256_of(root / name, tick)) for name in names
    )


def checked(files: Iterable[Entry]) -> Manifest:
    """Files as a manifest. Raises `Damaged` where they cannot be those of a checkpoint."""
    try:
        return Manifest(files=tuple(sorted(files, key=lambda entry: entry.path)))
    except ValidationError as error:
        raise Damaged(f"its files cannot be those of a checkpoint ({error.errors()[0]['msg']})") from error
