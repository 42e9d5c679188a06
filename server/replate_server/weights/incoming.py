"""Weights that a person brings: in a bundle, in a package's archive, or as the bare file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from replate.errors import BadRequest, Damaged
from replate_server.weights.bundle import Bundle, Piece, Row, open_bundle
from replate_server.weights.checkpoints import Record
from replate_server.weights.contents import Content, content_of, copy_checked, sha256_of, take_out
from replate_server.weights.manifest import Manifest, checked
from replate_server.weights.progress import Progress, Tick, part, ticker
from replate_server.weights.weight import Package, Weight


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in, by name."""

    taken: tuple[str, ...]
    left: tuple[str, ...]
    """What a bundle lists beside that: unknown to the registries here, or refused by the policy."""
    unpinned: tuple[str, ...] = ()
    """Folders of a bundle that were left because no registry says what they are."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A weight out of a file, in a workspace."""

    name: str
    path: Path
    record: Record | None = None
    """Of a folder."""


def take_in(
    file: Path, weights: Sequence[Weight], folder: Path, unpinned: bool, progress: Progress
) -> tuple[list[Taken], Imported]:
    """Writes those of the weights that a file holds to a folder; with `unpinned`, folders that no registry pins too.

    The weights are as the store knows them. Raises `Damaged` for a file that is not whole, `BadRequest` for one with
    none of the weights.
    """
    said = f"Taking weights out of {file.name}"
    if bundle := open_bundle(file):
        return _out_of_bundle(bundle, weights, folder, unpinned, lambda size: ticker(progress, said, size))
    found = _recognised(file, weights, part(progress, 0.0, 0.5))
    if found is None:
        raise BadRequest(_nothing(file))
    after = part(progress, 0.5, 0.5)
    if isinstance(found, Weight):
        with file.open("rb") as stream:
            tick = ticker(after, said, found.bytes)
            taken = [Taken(found.name, copy_checked(stream, folder / found.file, content_of(found), tick))]
    else:
        wanted = {member: weight for weight in weights if (member := weight.member_of(found))}
        tick = ticker(after, said, sum(weight.bytes for weight in wanted.values()))
        taken = [Taken(name, path) for name, path in take_out(file, found.form, wanted, folder, tick).items()]
    return taken, Imported(tuple(one.name for one in taken), ())


def _out_of_bundle(
    bundle: Bundle, weights: Sequence[Weight], folder: Path, unpinned: bool, ticking: Callable[[int], Tick]
) -> tuple[list[Taken], Imported]:
    taken: dict[str, Taken] = {}
    pieces: dict[str, Piece] = {}
    left, unknown = [], []
    for row in bundle.rows:
        weight = _folder_meant(row, weights) if row.files else _file_meant(row, weights)
        if weight is None:
            left.append(row.name)
        elif not row.files:
            taken[weight.name] = Taken(weight.name, folder / weight.file)
            pieces[row.file] = Piece(weight.name, folder / weight.file, content_of(weight))
        elif not (weight.sha256 or unpinned):
            unknown.append(row.name)
        else:
            root, manifest = folder / weight.file, _manifest_of(row)
            record = Record(source=f"{row.source}, in the bundle {bundle.path.name}", manifest=manifest)
            taken[weight.name] = Taken(weight.name, root, record)
            for entry in manifest.files:
                content = Content(entry.bytes, entry.sha256)
                pieces[f"{row.file}/{entry.path}"] = Piece(weight.name, root / entry.path, content)
    if not taken and not unknown:
        raise BadRequest(_nothing(bundle.path))
    bundle.take(pieces, ticking(sum(piece.content.bytes for piece in pieces.values())))
    return list(taken.values()), Imported(tuple(taken), tuple(left), tuple(unknown))


def _file_meant(row: Row, weights: Sequence[Weight]) -> Weight | None:
    same = [weight for weight in weights if weight.sha256 == row.sha256 and not weight.is_folder]
    return next((weight for weight in same if weight.name == row.name), same[0] if same else None)


def _folder_meant(row: Row, weights: Sequence[Weight]) -> Weight | None:
    """A folder is meant by its name: one that nobody has pinned can only be told by that."""
    named = [weight for weight in weights if weight.name == row.name and weight.is_folder]
    return next((weight for weight in named if weight.sha256 in ("", row.sha256)), None)


def _manifest_of(row: Row) -> Manifest:
    manifest = checked(row.files)
    if manifest.sha256 != row.sha256:
        raise Damaged(f"what it lists of {row.name} is not what its digest says")
    return manifest


def _recognised(file: Path, weights: Sequence[Weight], progress: Progress) -> Weight | Package | None:
    size = file.stat().st_size
    packages = [package for weight in weights for package in weight.packages]
    known: list[Weight | Package] = [*(weight for weight in weights if not weight.is_folder), *packages]
    likely = [one for one in known if one.bytes == size]
    if not likely:
        return None
    digest = sha256_of(file, ticker(progress, f"Checking {file.name}", size))
    return next((one for one in likely if one.sha256 == digest), None)


def _nothing(file: Path) -> str:
    return (
        f"{file} holds no weight that this server's registries know and its policy permits; "
        "`replate-server weights list` shows those."
    )
