"""How pixels lie on disk: one file a blob, named by its digest, and cached arrays beside them.

Files appear by an atomic rename, complete or not at all, and never change. That
makes them safe against a killed process, and lets the server and its workers map
the same file. A power cut may leave a short file: its size gives it away.
"""

from __future__ import annotations

import contextlib
import errno
import io
import mmap
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from replate.errors import Damaged, Exhausted, NotFound
from replate.frame import Frame, Pixels, StoredFrame, digest_of, pixel_bytes

Cached = Mapping[str, NDArray[Any]]
Blob = bytes | memoryview

CACHE_SUFFIX = ".cache"


class FrameFiles:
    """The folder of blobs. Any number of processes and threads may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where a blob lies, by digest or by the name that `keep` gave; whether it is there or not."""
        return self.folder / name[:2] / name

    def has(self, name: str, size: int | None = None) -> bool:
        """Whether a blob is there, and of that size."""
        try:
            found = self.path(name).stat().st_size
        except FileNotFoundError:
            return False
        return size is None or found == size

    def put(self, pixels: Pixels) -> tuple[str, int]:
        """Stores pixels and returns their digest and size. What is there already is not written again."""
        blob = pixel_bytes(pixels)
        digest = digest_of(blob)
        if not self.has(digest, blob.nbytes):
            self._write(digest, blob)
        return digest, blob.nbytes

    @contextlib.contextmanager
    def receive(self, digest: str, size: int) -> Iterator[Callable[[Blob], None]]:
        """Takes a blob chunk by chunk; at the end of the block it is checked and stored.

        Raises `Damaged` when the bytes are too many, too few, or not those of the digest,
        and `Exhausted` when the disk is full. Then nothing is stored.
        """
        hasher = blake3()
        received = 0
        part = self._incoming / secrets.token_hex(16)
        try:
            with self._full_disk_said(), part.open("xb", buffering=0) as file:

                def write(chunk: Blob) -> None:
                    nonlocal received
                    received += len(chunk)
                    if received > size:
                        raise Damaged(f"The pixels {digest[:12]} are longer than announced: send them again.")
                    hasher.update(chunk)
                    _write_all(file, chunk)

                yield write
            if received != size or hasher.hexdigest() != digest:
                raise Damaged(f"The pixels {digest[:12]} arrived damaged: send them again.")
            self._publish(part, digest)
        finally:
            part.unlink(missing_ok=True)

    def blob(self, digest: str) -> memoryview:
        """The bytes of a blob, mapped and read-only. Raises `NotFound`."""
        try:
            with self.path(digest).open("rb") as file:
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (FileNotFoundError, ValueError) as error:
            raise NotFound(
                f"The pixels {digest[:12]} are not on the server any more: submit their job again, or send them again."
            ) from error

    def read(self, stored: StoredFrame) -> Frame:
        """The frame with its pixels mapped, read-only. Raises `NotFound`, and `Damaged` for a file of another size."""
        blob = self.blob(stored.digest)
        spec = stored.spec
        if blob.nbytes != spec.size:
            raise Damaged(
                f"Frame {spec.number} has {blob.nbytes} bytes where its spec needs {spec.size}: "
                "send a spec that fits the pixels."
            )
        pixels: Any = np.frombuffer(blob, spec.pixel_type.dtype).reshape(spec.shape)
        return Frame(spec, pixels)

    def cached(self, key: str) -> Cached | None:
        """Arrays that were kept under a key, or None."""
        try:
            arrays: Cached = load_file(self.path(cache_name(key)))
        except (FileNotFoundError, SafetensorError):
            return None
        return arrays

    def keep(self, key: str, arrays: Cached) -> tuple[str, int]:
        """Keeps arrays under a key; returns the blob's name and size."""
        blob = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        name = cache_name(key)
        self._write(name, blob)
        return name, len(blob)

    def is_whole(self, name: str) -> bool:
        """Whether a blob is what its name says. Reads all of it; of cached arrays `cached` finds out by itself."""
        if name.endswith(CACHE_SUFFIX):
            return True
        try:
            return digest_of(self.blob(name)) == name
        except NotFound:
            return False

    def drop(self, name: str) -> None:
        """Removes a blob; who has it mapped keeps it until they let go."""
        self.path(name).unlink(missing_ok=True)

    def listing(self) -> list[tuple[str, int, float]]:
        """Name, size and modification time of every blob. Leftovers of killed writers are removed."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True)
        found = []
        for path in self.folder.glob("??/*"):
            stat = path.stat()
            found.append((path.name, stat.st_size, stat.st_mtime))
        return found

    def _write(self, name: str, blob: Blob) -> None:
        part = self._incoming / secrets.token_hex(16)
        try:
            with self._full_disk_said(), part.open("xb", buffering=0) as file:
                _write_all(file, blob)
            self._publish(part, name)
        finally:
            part.unlink(missing_ok=True)

    def _publish(self, part: Path, name: str) -> None:
        final = self.path(name)
        with self._full_disk_said():
            final.parent.mkdir(exist_ok=True)
            part.replace(final)

    @contextlib.contextmanager
    def _full_disk_said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise Exhausted(
                    f"The disk of the server's store is full ({self.folder}): "
                    "free space there, or lower store.limit_gb."
                ) from error
            raise


def _write_all(file: io.FileIO, blob: Blob) -> None:
    """A disk that fills up takes a part, and refuses the next."""
    remaining = memoryview(blob)
    while remaining:
        remaining = remaining[file.write(remaining) :]


def cache_name(key: str) -> str:
    """The blob name of a cache key. It cannot be the name of pixels that anybody has."""
    return "c" + digest_of(f"replate cache {key}".encode())[1:] + CACHE_SUFFIX
