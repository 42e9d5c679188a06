"""The folder that weights lie in: shared by processes and threads, whole and verified ones only."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from replate.errors import Exhausted, Unavailable
from replate_server.weights.checkpoints import Checkpoints
from replate_server.weights.contents import sha256_of
from replate_server.weights.progress import Progress, readable, ticker
from replate_server.weights.signature import Signature, signature
from replate_server.weights.weight import Weight

_LOCK_SECONDS = 0.25


class WeightFolder:
    """Weights are made in a workspace beside their place and renamed; one process or thread at a time writes files, and
    one each folder: nobody waits for gigabytes that they did not ask for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = Checkpoints(path)
        """Of its weights those that are folders."""
        self._verified: dict[str, Signature] = {}

    def place(self, weight: Weight) -> Path:
        """Where a weight lies or will lie."""
        return self.checkpoints.place(weight) if weight.is_folder else self.path / weight.file

    def present(self, weight: Weight) -> bool:
        """Whether it is there, by its size."""
        if weight.is_folder:
            return self.checkpoints.present(weight)
        place = self.place(weight)
        return place.is_file() and place.stat().st_size == weight.bytes

    def sound(self, weight: Weight, progress: Progress) -> bool:
        """Whether the right one is there, by its digest: computed once, and again when it has changed."""
        if weight.is_folder:
            return self.checkpoints.sound(weight, progress)
        if not self.present(weight):
            return False
        place = self.place(weight)
        now = signature(place)
        if self._verified.get(weight.name) == now:
            return True
        tick = ticker(progress, f"Checking {weight.name}", weight.bytes)
        if sha256_of(place, tick) != weight.sha256:
            return False
        self._verified[weight.name] = now
        return True

    @contextmanager
    def workspace(self, progress: Progress, weight: Weight | None = None) -> Iterator[Path]:
        """An empty folder on the same disk, gone afterwards; until then nobody else writes files, or this folder.

        Raises `Unavailable` when the folder cannot be written, `Exhausted` when its disk is full, and what
        `progress` raises while this waits for another process.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            what = f"-{weight.name}" if weight and weight.is_folder else ""
            with self._locked(f".lock{what}", progress):
                parent = self.path / f".fetching{what}"
                # What a killed process left: nobody else can be at work here.
                shutil.rmtree(parent, ignore_errors=True)
                parent.mkdir(exist_ok=True)
                try:
                    yield Path(tempfile.mkdtemp(dir=parent))
                finally:
                    shutil.rmtree(parent, ignore_errors=True)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Exhausted(f"The disk of {self.path} is full; free some space there.") from error
            raise Unavailable(
                f"The weight folder {self.path} cannot be written ({error.strerror}); check its permissions."
            ) from error

    def need_space(self, size: int, purpose: str) -> None:
        """Raises `Exhausted` when the disk has fewer bytes free."""
        free = shutil.disk_usage(self.path).free
        if free < size:
            raise Exhausted(
                f"{purpose} needs {readable(size)} of disk and {self.path} has {readable(free)} free; "
                "free some space there."
            )

    def put(self, weight: Weight, file: Path) -> None:
        """Moves a verified file out of the workspace to its place."""
        place = self.place(weight)
        file.replace(place)
        self._verified[weight.name] = signature(place)

    @contextmanager
    def _locked(self, name: str, progress: Progress) -> Iterator[None]:
        lock = FileLock(self.path / name)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=_LOCK_SECONDS)
            except Timeout:
                progress(0.0, "Waiting for another process that is fetching weights")
        try:
            yield
        finally:
            lock.release()
