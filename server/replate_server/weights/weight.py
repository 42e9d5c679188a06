"""What a weight is: a file or a folder that a model needs, where it comes from, and what its licence says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from replate.errors import Unmet


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


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder that the server can read."""

    path: Path
    link: bool
    """Whether it is used where it lies; else it is copied."""

    @property
    def label(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class HubFolder:
    """A repository of the Hugging Face hub, at one revision."""

    repository: str
    revision: str
    """A commit, or a branch: then what it was at the first fetch holds."""

    @property
    def label(self) -> str:
        return f"hub repository {self.repository} at {self.revision}"


Source = LocalFile | HubFile | PackageFile | LocalFolder | HubFolder


@dataclass(frozen=True, slots=True)
class Weight:
    """A file that a model needs, known by its digest; or a folder, known by that of its manifest."""

    name: str
    file: str
    """Its name in the weight store."""
    sha256: str
    """64 lower-case hexadecimal digits; empty where nobody has pinned it yet, and a folder was not fetched either."""
    bytes: int
    """Of a file 0 where nobody has pinned it yet; of a folder about, until it is here."""
    licence: str
    """SPDX expression."""
    commercial: bool
    """Whether its licence lets pictures made with it be sold."""
    credit: str
    """Whose work it is, as its licence wants it said."""
    sources: tuple[Source, ...]
    """Tried in this order."""
    terms: str = ""
    """What its licence does, of one that lets some sell pictures made with it and not others: "asks ... of ..."."""
    include: tuple[str, ...] = ()
    """Of a folder, globs of the files that belong to it; empty for a file."""

    @property
    def is_folder(self) -> bool:
        return bool(self.include)

    def check_pinned(self) -> None:
        """Raises `Unmet` for a file that no registry says the digest of."""
        if not self.sha256 and not self.is_folder:
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
