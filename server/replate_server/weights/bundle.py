"""Weights in one file, for machines that reach no registry: a plain tar, its manifest first.

The manifest (manifest.json) lists name, file, sha256, bytes, licence and credit
of each weight, and the files of one that is a folder, so that licences travel with
what they cover. Of a bundle that comes in nothing is believed but the bytes that
have a digest the registry knows; of a folder that no registry pins, what the
bundle says of it is believed where somebody asked for that.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from replate.errors import BadRequest, Damaged
from replate_server.weights.checkpoints import Record
from replate_server.weights.contents import Content, copy_checked
from replate_server.weights.manifest import Entry
from replate_server.weights.progress import Tick
from replate_server.weights.weight import Weight

MANIFEST = "manifest.json"
_FORMAT = "replate-weights/1"
_LONGEST_READ = 1 << 20


class Row(BaseModel):
    """A weight as the manifest lists it."""

    name: str
    file: str
    sha256: str
    bytes: int
    licence: str
    credit: str
    files: tuple[Entry, ...] = ()
    """Of a folder; each lies in the bundle under the folder's `file`."""
    source: str = ""
    """Where a folder came from, for people."""


class _Manifest(BaseModel):
    format: str
    weights: list[Row]


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to take out of a bundle."""

    weight: str
    """The name of the weight that it is, or is a file of."""
    target: Path
    content: Content


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an opened bundle says it holds; `take` is what it turns out to hold."""

    path: Path
    rows: tuple[Row, ...]

    def take(self, wanted: Mapping[str, Piece], tick: Tick) -> None:
        """Writes files, by their names in the bundle, to their targets.

        Raises `Damaged` when one is missing or is not what its digest says.
        """
        taken = set()
        with _opened(self.path) as tar:
            for entry in tar:
                piece = wanted.get(entry.name)
                stream = tar.extractfile(entry) if piece and entry.isreg() else None
                if piece and stream:
                    copy_checked(stream, piece.target, piece.content, tick)
                    taken.add(entry.name)
        if missing := [piece.weight for name, piece in wanted.items() if name not in taken]:
            raise Damaged(f"{missing[0]} is not in it whole")


def open_bundle(path: Path) -> Bundle | None:
    """Reads a bundle's manifest; None for a file that is no tar. Raises `Damaged` when it is not whole."""
    with path.open("rb") as file:
        # Where tar keeps its mark: https://www.gnu.org/software/tar/manual/html_node/Standard.html
        file.seek(257)
        if file.read(5) != b"ustar":
            return None
    with _opened(path) as tar:
        first = tar.next()
        stream = tar.extractfile(first) if first and first.isreg() and first.name == MANIFEST else None
        if first is None or stream is None:
            raise Damaged(f"it does not begin with {MANIFEST}")
        try:
            manifest = _Manifest.model_validate_json(stream.read(first.size))
        except ValidationError as error:
            raise Damaged(f"its {MANIFEST} cannot be read") from error
    if manifest.format != _FORMAT:
        raise BadRequest(f"{path} has the format {manifest.format[:40]}, which needs a newer replate-server.")
    return Bundle(path, tuple(manifest.weights))


def write_bundle(output: IO[bytes], weights: Sequence[tuple[Weight, Path, Record | None]], tick: Tick) -> None:
    """Writes a bundle of weights, where they lie, and what is known of those that are folders.

    The same weights give the same bytes.
    """
    rows = [_row(weight, record) for weight, _, record in weights]
    manifest = _Manifest(format=_FORMAT, weights=rows).model_dump_json(indent=1, exclude_defaults=True).encode()
    # GNU headers hold files over 8 GiB without the further headers that pax needs.
    with tarfile.open(fileobj=output, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(_entry(MANIFEST, len(manifest)), io.BytesIO(manifest))
        for row, (_, place, _) in zip(rows, weights, strict=True):
            for name, path, size in _members(row, place):
                with path.open("rb") as file:
                    tar.addfile(_entry(name, size), _Ticking(file, tick))


def _row(weight: Weight, record: Record | None) -> Row:
    row = Row(
        name=weight.name, file=weight.file, sha256=weight.sha256, bytes=weight.bytes, licence=weight.licence,
        credit=weight.credit,
    )  # fmt: skip
    return row if record is None else row.model_copy(update={"files": record.manifest.files, "source": record.source})


def _members(row: Row, place: Path) -> Iterator[tuple[str, Path, int]]:
    """Names in the bundle, where they lie, and sizes."""
    if not row.files:
        yield row.file, place, row.bytes
    for entry in row.files:
        yield f"{row.file}/{entry.path}", place / entry.path, entry.bytes


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with _ShortReads(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"it cannot be read ({error})") from error


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


class _ShortReads(io.FileIO):
    """A file that refuses to be read in one piece, as a header with a made-up length would have it."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _LONGEST_READ:
            raise Damaged(f"it has a header of {size} bytes")
        return super().read(size)


class _Ticking:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], tick: Tick) -> None:
        self._file, self._tick = file, tick

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._file.read(size)
        self._tick(len(chunk))
        return chunk
