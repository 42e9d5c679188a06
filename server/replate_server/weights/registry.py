"""Which weights there are: their digests, licences and sources, read from registry files (TOML)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from replate.errors import BadRequest, NotFound, Unmet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BUILT_IN = Path(__file__).with_name("registry.toml")
"""The registry of what Replate's own models need."""


class Form(Enum):
    """How an archive is packed."""

    ZIP = "zip"
    TAR = "tar"


@dataclass(frozen=True, slots=True)
class Package:
    """One archive of a package registry, pinned."""

    registry: str
    """"pypi" or "npm"."""
    name: str
    version: str
    file: str
    """The archive's file name in the registry."""
    sha256: str
    bytes: int

    @property
    def form(self) -> Form:
        return Form.ZIP if self.file.endswith(".whl") else Form.TAR

    @property
    def label(self) -> str:
        return f"{self.registry} package {self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that the server can read: on a share, on a disk."""

    path: Path

    @property
    def label(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of the Hugging Face hub, at one revision."""

    repository: str
    revision: str
    file: str

    @property
    def label(self) -> str:
        return f"hub repository {self.repository} at {self.revision}"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file inside a registry package."""

    package: Package
    member: str
    """Its path in the archive, without an sdist's or an npm tarball's one top folder."""

    @property
    def label(self) -> str:
        return self.package.label


Source = LocalFile | HubFile | PackageFile


@dataclass(frozen=True, slots=True)
class Weight:
    """A file that a model needs, known by its digest."""

    name: str
    file: str
    """Its file name in the weight store."""
    sha256: str
    """64 lower-case hexadecimal digits; empty where nobody has pinned it yet."""
    bytes: int
    """0 where nobody has pinned it yet."""
    licence: str
    """SPDX expression."""
    commercial: bool
    """Whether its licence lets pictures made with it be sold."""
    credit: str
    """Whose work it is, as its licence wants it said."""
    sources: tuple[Source, ...]
    """Tried in this order."""

    def check_pinned(self) -> None:
        """Raises `Unmet` for a weight that no registry says the digest of."""
        if not self.sha256:
            raise Unmet(
                f"No registry knows the digest of weight {self.name}; get the file from "
                f"{' or '.join(source.label for source in self.sources)}, and write a [[pin]] with "
                f'name = "{self.name}", its sha256 and its bytes into a file that weights.registries names.'
            )

    @property
    def packages(self) -> tuple[Package, ...]:
        return tuple(source.package for source in self.sources if isinstance(source, PackageFile))

    def member_of(self, package: Package) -> str | None:
        """Where it lies inside this package; None where it does not."""
        for source in self.sources:
            if isinstance(source, PackageFile) and source.package == package:
                return source.member
        return None


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
    an earlier one: say what file it is, where that says nothing or in its place.
    """
    weights: dict[str, Weight] = {}
    for path in paths:
        read, pins = _read(path)
        for weight in read:
            files = {other.file.lower() for other in weights.values()}
            if weight.name in weights or weight.file.lower() in files:
                raise BadRequest(
                    f"Weight registry {path} has {weight.name} ({weight.file}), which another entry has too; "
                    "give it another name and file name."
                )
            weights[weight.name] = weight
        for pin in pins:
            weights[pin.name] = _pinned(pin, weights, path)
    return Registry(weights)


_STRICT = ConfigDict(extra="forbid", strict=True)
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_SHA256 = r"^[0-9a-f]{64}$"
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)")
_NPM = re.compile(r"(?P<name>(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*)@(?P<version>[0-9][A-Za-z0-9.+-]*)")
_HUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>\w[\w.-]*)#(?P<file>.+)")


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
    credit: str
    sources: list[str] = Field(min_length=1)


class _PinRow(BaseModel):
    model_config = _STRICT
    name: str
    sha256: str = Field(pattern=_SHA256)
    bytes: int = Field(gt=0)
    sources: list[str] = []


class _Rows(BaseModel):
    model_config = _STRICT
    archive: list[_ArchiveRow] = []
    weight: list[_WeightRow] = []
    pin: list[_PinRow] = []


@dataclass(frozen=True, slots=True)
class _Pin:
    """What file a weight of another registry is."""

    name: str
    sha256: str
    bytes: int
    sources: tuple[Source, ...]
    """Empty for those that the other registry says."""


def _read(path: Path) -> tuple[list[Weight], list[_Pin]]:
    try:
        rows = _Rows.model_validate(tomllib.loads(path.read_text("utf-8")))
        packages = {row.package: _package(row) for row in rows.archive}
        weights = [_weight(row, packages, path.parent) for row in rows.weight]
        pins = [_Pin(row.name, row.sha256, row.bytes, _sources(row.sources, packages, path.parent)) for row in rows.pin]
        return weights, pins
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
        row.name, row.file, row.sha256, row.bytes, row.licence, row.commercial, row.credit, sources
    )  # fmt: skip


def _pinned(pin: _Pin, weights: Mapping[str, Weight], path: Path) -> Weight:
    if pin.name not in weights:
        near = get_close_matches(pin.name, weights, n=1)
        hint = f"did you mean {near[0]}" if near else "a [[weight]] says all of one"
        raise BadRequest(f"Weight registry {path} pins {pin.name}, which no registry before it has; {hint}.")
    weight = weights[pin.name]
    return replace(weight, sha256=pin.sha256, bytes=pin.bytes, sources=pin.sources or weight.sources)


def _sources(texts: Iterable[str], packages: Mapping[str, Package], folder: Path) -> tuple[Source, ...]:
    return tuple(_source(text, packages, folder) for text in texts)


def _source(text: str, packages: Mapping[str, Package], folder: Path) -> Source:
    kind, _, rest = text.partition(":")
    if kind == "path" and rest:
        return LocalFile(folder / rest)
    if kind == "hf" and (match := _HUB.fullmatch(rest)):
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
