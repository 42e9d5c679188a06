"""Which weights there are: their digests, licences and sources, read from registry files (TOML)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from replate.errors import BadRequest, NotFound
from replate_server.weights.checkpoint import USUAL, may_match
from replate_server.weights.weight import (
    HubFile,
    HubFolder,
    LocalFile,
    LocalFolder,
    Package,
    PackageFile,
    Source,
    Weight,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BUILT_IN = Path(__file__).with_name("registry.toml")
"""The registry of what Replate's own models need."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All weights, by name."""

    weights: Mapping[str, Weight]

    def weight(self, name: str) -> Weight:
        """Raises `NotFound`, with a name that is nearly that."""
        if name in self.weights:
            return self.weights[name]
        near = get_close_matches(name, self.weights, n=1)
        hint = f"did you mean {near[0]}" if near else "`replate-server weights list` shows those there are"
        raise NotFound(f"No registry knows a weight named {name}; {hint}.")


def read_registries(paths: Iterable[Path]) -> Registry:
    """The weights of several registry files. Raises `BadRequest` for a file that does not hold together.

    A name, and a file name in the store, may be there only once over all of them. A later file may pin a weight of
    an earlier one: say what it is or where it lies, where that says nothing or in its place.
    """
    weights: dict[str, Weight] = {}
    for path in paths:
        read, pinned = _read(path, weights)
        for weight in read:
            files = {other.file.lower() for other in weights.values()}
            if weight.name in weights or weight.file.lower() in files:
                raise BadRequest(
                    f"Weight registry {path} has {weight.name} ({weight.file}), which another entry has too; "
                    "give it another name and file name."
                )
            weights[weight.name] = weight
        weights |= pinned
    return Registry(weights)


_STRICT = ConfigDict(extra="forbid", strict=True)
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_SHA256 = r"^[0-9a-f]{64}$"
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)")
_NPM = re.compile(r"(?P<name>(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*)@(?P<version>[0-9][A-Za-z0-9.+-]*)")
_HUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>\w[\w.-]*)(#(?P<file>.+))?")


class _ArchiveRow(BaseModel):
    model_config = _STRICT
    package: str
    file: str = Field(pattern=_NAME)
    sha256: str = Field(pattern=_SHA256)
    bytes: int = Field(gt=0)


class _WeightRow(BaseModel):
    model_config = _STRICT
    name: str = Field(pattern=_NAME)
    file: str = Field(pattern=_NAME)
    # Both, or neither for a weight that a studio pins itself.
    sha256: str = Field("", pattern=_SHA256)
    bytes: int = Field(0, gt=0)
    licence: str = Field(min_length=1)
    commercial: bool
    terms: str = ""
    credit: str
    sources: list[str] = Field(min_length=1)


class _FolderRow(BaseModel):
    model_config = _STRICT
    name: str = Field(pattern=_NAME)
    sha256: str = Field("", pattern=_SHA256)
    # About: the hub says what a fetch will take.
    bytes: int = Field(gt=0)
    licence: str = Field(min_length=1)
    commercial: bool
    terms: str = ""
    credit: str
    sources: list[str] = Field(min_length=1)
    include: list[str] = Field(list(USUAL), min_length=1)


class _PinRow(BaseModel):
    model_config = _STRICT
    name: str
    # Both of a file; of a folder the first, or neither where only its sources are said.
    sha256: str = Field("", pattern=_SHA256)
    bytes: int = Field(0, gt=0)
    sources: list[str] = []


class _Rows(BaseModel):
    model_config = _STRICT
    archive: list[_ArchiveRow] = []
    weight: list[_WeightRow] = []
    folder: list[_FolderRow] = []
    pin: list[_PinRow] = []


def _read(path: Path, before: Mapping[str, Weight]) -> tuple[list[Weight], dict[str, Weight]]:
    """The weights of a file, and those of it and of files before it that it pins."""
    try:
        rows = _Rows.model_validate(tomllib.loads(path.read_text("utf-8")))
        packages = {row.package: _package(row) for row in rows.archive}
        weights = [_weight(row, packages, path.parent) for row in rows.weight]
        weights += [_folder(row, path.parent) for row in rows.folder]
        known = {**before, **{weight.name: weight for weight in weights}}
        for row in rows.pin:
            known[row.name] = _pinned(row, known, packages, path)
        return weights, {row.name: known[row.name] for row in rows.pin}
    except OSError as error:
        raise BadRequest(f"Weight registry {path} cannot be read ({error.strerror}); check the settings.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"Weight registry {path} is wrong at {where}: {first['msg']}.") from error
    except (ValueError, KeyError) as error:
        raise BadRequest(f"Weight registry {path} is wrong: {error}.") from error


def _package(row: _ArchiveRow) -> Package:
    registry, _, rest = row.package.partition(":")
    form = {"pypi": _PYPI, "npm": _NPM}.get(registry)
    match = form.fullmatch(rest) if form else None
    if match is None:
        raise ValueError(f'"{row.package}" is neither pypi:NAME==VERSION nor npm:NAME@VERSION')
    if not row.file.endswith((".whl", ".tar.gz") if registry == "pypi" else (".tgz",)):
        raise ValueError(f'"{row.file}" is no archive that {registry} gives (.whl, .tar.gz; .tgz)')
    return Package(registry, match["name"], match["version"], row.file, row.sha256, row.bytes)


def _weight(row: _WeightRow, packages: Mapping[str, Package], folder: Path) -> Weight:
    if bool(row.sha256) != bool(row.bytes):
        raise ValueError(f"{row.name} has one of sha256 and bytes; give both, or neither for a studio to pin it")
    sources = _sources(row.sources, packages, folder)
    return Weight(
        row.name, row.file, row.sha256, row.bytes, row.licence, row.commercial, row.credit, sources, row.terms
    )  # fmt: skip


def _folder(row: _FolderRow, folder: Path) -> Weight:
    for pattern in row.include:
        if not may_match(pattern):
            raise ValueError(f'{row.name} includes "{pattern}", and a folder has safetensors and texts alone')
    sources = tuple(_folder_source(text, folder) for text in row.sources)
    return Weight(
        row.name, row.name, row.sha256, row.bytes, row.licence, row.commercial, row.credit, sources, row.terms,
        tuple(row.include),
    )  # fmt: skip


def _pinned(row: _PinRow, weights: Mapping[str, Weight], packages: Mapping[str, Package], path: Path) -> Weight:
    if row.name not in weights:
        near = get_close_matches(row.name, weights, n=1)
        hint = f"did you mean {near[0]}" if near else "a [[weight]] says all of one"
        raise BadRequest(f"Weight registry {path} pins {row.name}, which no registry before it has; {hint}.")
    weight = weights[row.name]
    if weight.is_folder:
        if row.bytes or not (row.sha256 or row.sources):
            raise ValueError(f"{row.name} is a folder, and a [[pin]] says its sha256, its sources, or both")
        sources = tuple(_folder_source(text, path.parent) for text in row.sources)
    elif row.sha256 and row.bytes:
        sources = _sources(row.sources, packages, path.parent)
    else:
        raise ValueError(f"{row.name} is a file, and a [[pin]] says its sha256 and its bytes")
    return replace(
        weight, sha256=row.sha256 or weight.sha256, bytes=row.bytes or weight.bytes, sources=sources or weight.sources
    )


def _folder_source(text: str, folder: Path) -> Source:
    kind, _, rest = text.partition(":")
    if kind in ("path", "link") and rest:
        return LocalFolder(folder / rest, link=kind == "link")
    if kind == "hf" and (match := _HUB.fullmatch(rest)) and not match["file"]:
        return HubFolder(match["repository"], match["revision"])
    raise ValueError(f'source "{text}" of a folder has none of the forms path:DIR, link:DIR and hf:REPO@REVISION')


def _sources(texts: Iterable[str], packages: Mapping[str, Package], folder: Path) -> tuple[Source, ...]:
    return tuple(_source(text, packages, folder) for text in texts)


def _source(text: str, packages: Mapping[str, Package], folder: Path) -> Source:
    kind, _, rest = text.partition(":")
    if kind == "path" and rest:
        return LocalFile(folder / rest)
    if kind == "hf" and (match := _HUB.fullmatch(rest)) and match["file"]:
        return HubFile(match["repository"], match["revision"], _member(match["file"]))
    if kind in ("pypi", "npm") and "#" in rest:
        package, _, member = text.partition("#")
        if package not in packages:
            raise ValueError(f'"{package}" has no [[archive]] with its sha256 in the same file')
        return PackageFile(packages[package], _member(member))
    raise ValueError(
        f'source "{text}" has none of the forms path:FILE, hf:REPO@REVISION#FILE, pypi:NAME==VERSION#FILE '
        "and npm:NAME@VERSION#FILE"
    )


def _member(text: str) -> str:
    path = PurePosixPath(text)
    if not path.parts or path.is_absolute() or ".." in path.parts or str(path) != text:
        raise ValueError(f'"{text}" is no path inside an archive')
    return text
