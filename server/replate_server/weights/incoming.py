"""Weights that a person brings: in a bundle, in a package's archive, or as the bare file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from replate.errors import BadRequest
from replate_server.weights.bundle import Row, open_bundle
from replate_server.weights.contents import copy_checked, sha256_of, take_out
from replate_server.weights.progress import Progress, part, ticker
from replate_server.weights.registry import Package, Weight


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in, by name."""

    taken: tuple[str, ...]
    left: tuple[str, ...]
    """What a bundle lists beside that: unknown to the registries here, or refused by the policy."""


def take_in(
    file: Path, weights: Sequence[Weight], folder: Path, progress: Progress
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Writes those of the weights that a file holds to a folder.

    Returns the files by weight name, and what a bundle lists beside them. Raises
    `Damaged` for a file that is not whole, `BadRequest` for one with none of the weights.
    """
    said = f"Taking weights out of {file.name}"
    bundle = open_bundle(file)
    if bundle:
        known = {row.file: weight for row in bundle.rows if (weight := _meant(row, weights))}
        left = tuple(row.name for row in bundle.rows if row.file not in known)
        if not known:
            raise BadRequest(_nothing(file))
        size = sum(weight.bytes for weight in known.values())
        return bundle.take(known, folder, ticker(progress, said, size)), left
    found = _recognised(file, weights, part(progress, 0.0, 0.5))
    if found is None:
        raise BadRequest(_nothing(file))
    if isinstance(found, Weight):
        with file.open("rb") as stream:
            tick = ticker(part(progress, 0.5, 0.5), said, found.bytes)
            return {found.name: copy_checked(stream, found, folder, tick)}, ()
    wanted = {member: weight for weight in weights if (member := weight.member_of(found))}
    size = sum(weight.bytes for weight in wanted.values())
    return take_out(file, found.form, wanted, folder, ticker(part(progress, 0.5, 0.5), said, size)), ()


def _meant(row: Row, weights: Sequence[Weight]) -> Weight | None:
    same = [weight for weight in weights if weight.sha256 == row.sha256]
    return next((weight for weight in same if weight.name == row.name), same[0] if same else None)


def _recognised(file: Path, weights: Sequence[Weight], progress: Progress) -> Weight | Package | None:
    size = file.stat().st_size
    packages = [package for weight in weights for package in weight.packages]
    known: list[Weight | Package] = [*weights, *packages]
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
