"""LoRA files: a folder that a studio fills, and that nothing here writes to."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from replate.errors import Damaged, NotFound, Unmet
from replate_server.weights.contents import sha256_of
from replate_server.weights.progress import unwatched
from replate_server.weights.signature import Signature, signature
from replate_server.weights.tensors import check_tensors

_SUFFIX = ".safetensors"
_LISTED = 12
"""Names that an error tells at the most."""


class Loras:
    """The files in the folder, by their names without ".safetensors". Threads may share an object of it."""

    def __init__(self, folder: Path | None) -> None:
        """None where the studio has none."""
        self._folder = folder
        self._known: dict[Path, tuple[Signature, str]] = {}

    def all(self) -> Mapping[str, Path]:
        """The files by name, as they are now."""
        if self._folder is None or not self._folder.is_dir():
            return {}
        files = (path for path in sorted(self._folder.iterdir()) if path.suffix == _SUFFIX and path.is_file())
        return {path.stem: path for path in files}

    def sha256(self, name: str) -> str:
        """The digest of a file, computed once and again when the file has changed. Raises as `get`."""
        file = self._file(name)
        try:
            now = signature(file)
            known = self._known.get(file)
            if known is None or known[0] != now:
                check_tensors(file)
                known = self._known[file] = now, sha256_of(file, unwatched)
        except (Damaged, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise Unmet(f"The LoRA {name} cannot be used ({said}): put the file into {self._folder} again.") from error
        return known[1]

    def get(self, name: str, sha256: str) -> Path:
        """The file, held against the digest that it had when it was asked for.

        Raises `NotFound` with the names there are, and `Unmet` for a file that is no safetensors or has changed.
        """
        if self.sha256(name) != sha256:
            raise Unmet(f"The LoRA {name} changed since the job was submitted: submit it again.")
        return self._file(name)

    def _file(self, name: str) -> Path:
        # A name is looked up and never made a path of.
        there = self.all()
        if name in there:
            return there[name]
        if not there:
            raise NotFound(f"There is no LoRA {name[:60]}: its TD has to put it into the folder weights.loras.")
        near = get_close_matches(name, there, n=1)
        names = ", ".join(list(there)[:_LISTED]) + (" and others" if len(there) > _LISTED else "")
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise NotFound(f"There is no LoRA {name[:60]}{hint}: there are {names}.")
