"""A folder of files that we put somewhere, with a receipt by which they are known again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import replate
from replate.errors import BadRequest
from replate.media.writing import written_beside

RECEIPT = "installed.json"
_MADE_BY_PYTHON = "__pycache__"


@dataclass(frozen=True, slots=True)
class Files:
    """Files of ours under a folder."""

    folder: Path

    def check(self) -> None:
        """Raises `BadRequest` where something that is not ours stands in the folder's place."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise BadRequest(
                f"{self.folder} is no folder of Replate's: move it away, or choose another place with --path."
            )
        if self.folder.is_dir() and any(self.folder.iterdir()) and self._receipt() is None:
            raise BadRequest(
                f"{self.folder} is there already, and Replate did not make it: move it away, or choose another "
                "place with --path."
            )

    def names(self) -> tuple[str, ...]:
        """Of the files that are ours, by the receipt; none where nothing of ours is."""
        return self._receipt() or ()

    def put(self, contents: Mapping[str, bytes]) -> int:
        """Writes files by their path within the folder, takes away others of before; gives how many changed.

        Each is whole at any time. Raises as `check` does, and `BadRequest` where one cannot be written.
        """
        self.check()
        stale = set(self.names()) - set(contents)
        self.folder.mkdir(parents=True, exist_ok=True)
        # First of all, so that what is cut short is known for ours.
        self._write(RECEIPT, _receipt_of({*contents, *stale}))
        changed = [self._write(name, content) for name, content in contents.items()]
        self._take_away(stale)
        self._write(RECEIPT, _receipt_of(contents))
        return sum(changed) + len(stale)

    def take_away(self) -> list[Path]:
        """Takes our files away, and the folders that they leave empty; gives what is left of others."""
        self.check()
        if self.folder.is_dir():
            self._take_away({*self.names(), RECEIPT})
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def _receipt(self) -> tuple[str, ...] | None:
        """The names of our files; None where none are."""
        try:
            names = json.loads((self.folder / RECEIPT).read_text(encoding="utf-8"))["files"]
            return tuple(str(name) for name in names if _within(str(name)))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, name: str, content: bytes) -> bool:
        path = self.folder / name
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(path) as temporary:
            temporary.write_bytes(content)
        return True

    def _take_away(self, names: set[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        ours = {self.folder / name for name in names}
        for folder in sorted({parent for path in ours for parent in self._parents(path)}, reverse=True):
            _sweep(folder)

    def _parents(self, path: Path) -> Iterator[Path]:
        while path != self.folder:
            path = path.parent
            yield path


def _sweep(folder: Path) -> None:
    """Takes away what Python left of modules that are gone, and the folder if nothing else is in it."""
    compiled = folder / _MADE_BY_PYTHON
    if compiled.is_dir() and not compiled.is_symlink():
        for file in compiled.glob("*.pyc"):
            if not (folder / f"{file.name.split('.')[0]}.py").exists():
                file.unlink()
        if not any(compiled.iterdir()):
            compiled.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _within(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def _receipt_of(names: Iterable[str]) -> bytes:
    return (json.dumps({"replate": replate.__version__, "files": sorted(names)}, indent=1) + "\n").encode()
