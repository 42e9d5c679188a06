"""The folders of weights in the store: what each is known to be, and whether it still is that.

A folder NAME has NAME.manifest.json beside it, written when it was first fetched, copied or linked; what it says
holds from then on. A folder that lies elsewhere has the manifest alone. Digests of gigabytes take minutes, so
that the signatures of files that were verified are kept, in .seen/NAME.json.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from replate.errors import Damaged
from replate_server.weights.checkpoint import check_files, found
from replate_server.weights.contents import sha256_of
from replate_server.weights.manifest import Manifest
from replate_server.weights.progress import Progress, ticker
from replate_server.weights.signature import Signature, signature
from replate_server.weights.weight import LocalFolder, Weight


class Record(BaseModel):
    """What NAME.manifest.json holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    """Where it came from, for people."""
    repository: str = ""
    """On the hub; empty for one that came from elsewhere."""
    commit: str = ""
    linked: str = ""
    """Where it lies; empty for the store itself."""
    manifest: Manifest


class _Seen(BaseModel):
    sha256: str
    """Of the manifest that the files were verified against."""
    files: dict[str, Signature]


class Checkpoints:
    """Processes may share the store's folder, and threads an object of this."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records: dict[str, tuple[Signature, Record]] = {}
        self._verified: dict[str, _Seen] = {}

    def record(self, weight: Weight) -> Record | None:
        """What is known of a folder; None before it first came."""
        file = self._record_file(weight)
        try:
            now = signature(file)
            known = self._records.get(weight.name)
            if known is None or known[0] != now:
                known = self._records[weight.name] = now, Record.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None
        return known[1]

    def known(self, weight: Weight) -> Weight:
        """The weight with the digest and the size that the store knows, where no registry says what it is."""
        record = self._usable(weight)
        if record is None:
            return weight
        return replace(weight, sha256=record.manifest.sha256, bytes=record.manifest.bytes)

    def place(self, weight: Weight) -> Path:
        """Where it lies or will lie."""
        record = self._usable(weight)
        return Path(record.linked) if record and record.linked else self._path / weight.file

    def present(self, weight: Weight) -> bool:
        """Whether the files are there, by their sizes."""
        record, root = self._usable(weight), self.place(weight)
        return record is not None and all(_has(root / one.path, one.bytes) for one in record.manifest.files)

    def sound(self, weight: Weight, progress: Progress) -> bool:
        """Whether the right files are there, and no code beside them; each is read where it has changed."""
        record, root = self._usable(weight), self.place(weight)
        if record is None or not self.present(weight):
            return False
        try:
            if found(root, weight.include) != record.manifest.paths:
                return False
            now = {path: signature(root / path) for path in record.manifest.paths}
            seen = self._seen(weight, record.manifest.sha256)
            changed = [one for one in record.manifest.files if seen.files.get(one.path) != now[one.path]]
            tick = ticker(progress, f"Checking {weight.name}", sum(one.bytes for one in changed))
            if any(sha256_of(root / one.path, tick) != one.sha256 for one in changed):
                return False
        except (OSError, Damaged):
            return False
        if changed:
            self._note(weight, record.manifest.sha256, now)
        return True

    def put(self, weight: Weight, root: Path, record: Record, workspace: Path) -> None:
        """Moves a verified folder to its place, or enters one that stays where it lies.

        Raises `Damaged` for a folder that is not what a registry or the store knows it to be, or that holds what it may
        not.
        """
        if found(root, weight.include) != record.manifest.paths:
            raise Damaged("it has other files than the registry here includes")
        check_files(root, record.manifest.paths)
        digest, before = record.manifest.sha256, self.record(weight)
        if weight.sha256 and digest != weight.sha256:
            raise Damaged(f"it has the digest {digest} where {weight.sha256} is pinned")
        if not weight.sha256 and before and digest != before.manifest.sha256:
            raise Damaged(
                f"it is another than it was when it came first: remove {self._record_file(weight)} to take what is "
                "there now"
            )
        if not record.linked:
            place = self._path / weight.file
            if place.exists():
                place.rename(workspace / "replaced")
            root.rename(place)
            root = place
        self._write(self._record_file(weight), record)
        self._note(weight, record.manifest.sha256, {path: signature(root / path) for path in record.manifest.paths})

    def _usable(self, weight: Weight) -> Record | None:
        """The record, where it is of what the registry pins, and lies where the registry says."""
        record = self.record(weight)
        if record is None or (weight.sha256 and weight.sha256 != record.manifest.sha256):
            return None
        links = [str(source.path) for source in weight.sources if isinstance(source, LocalFolder) and source.link]
        return None if record.linked and record.linked not in links else record

    def _seen(self, weight: Weight, sha256: str) -> _Seen:
        seen = self._verified.get(weight.name)
        if seen is None:
            with suppress(OSError, ValidationError):
                seen = _Seen.model_validate_json(self._seen_file(weight).read_bytes())
        return seen if seen is not None and seen.sha256 == sha256 else _Seen(sha256=sha256, files={})

    def _note(self, weight: Weight, sha256: str, files: dict[str, Signature]) -> None:
        self._verified[weight.name] = seen = _Seen(sha256=sha256, files=files)
        # Where the store may not be written, each process reads the files once.
        with suppress(OSError):
            self._write(self._seen_file(weight), seen)

    def _write(self, file: Path, content: BaseModel) -> None:
        file.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as output:
                output.write(content.model_dump_json(indent=1))
            # mkstemp makes files for their owner alone, and a store is shared.
            Path(name).chmod(0o644)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)

    def _record_file(self, weight: Weight) -> Path:
        return self._path / f"{weight.name}.manifest.json"

    def _seen_file(self, weight: Weight) -> Path:
        return self._path / ".seen" / f"{weight.name}.json"


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
