"""Getting a folder of weights: from the hub, or from a folder that the server can read."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from replate.errors import Damaged, Unavailable
from replate_server.weights.checkpoint import chosen, found
from replate_server.weights.checkpoints import Record
from replate_server.weights.contents import copy
from replate_server.weights.folder import WeightFolder
from replate_server.weights.hub import HubEntry, fetch_files, list_repository
from replate_server.weights.manifest import Entry, checked, manifest_of
from replate_server.weights.progress import Progress, part, readable, ticker, watcher
from replate_server.weights.weight import HubFolder, LocalFolder, Weight

_DOWNLOADED = 0.9
"""The fraction at which a download is there and its checking begins."""


def fetch_checkpoint(
    source: HubFolder | LocalFolder, weight: Weight, folder: WeightFolder, space: Path, progress: Progress
) -> None:
    """Puts a folder of weights into its place; `space` is an empty folder on the same disk.

    Raises `Unavailable`, `Damaged` or `Exhausted` with the reason, in a few words, and what `progress` raises.
    """
    if isinstance(source, HubFolder):
        _from_hub(source, weight, folder, space, progress)
    else:
        _from_folder(source, weight, folder, space, progress)


def _from_hub(source: HubFolder, weight: Weight, folder: WeightFolder, space: Path, progress: Progress) -> None:
    known = folder.checkpoints.record(weight)
    if known and known.repository == source.repository and not weight.sha256:
        # A branch may have gone on since, and what came first holds.
        source = replace(source, revision=known.commit)
    said = f"Looking at {source.label} for {weight.name}"
    progress(0.0, said)
    listing = list_repository(source, _made(space / "listing"), lambda: progress(0.0, said))
    stated = {entry.path: entry for entry in listing.files}
    names = chosen(stated, weight.include)
    if not names:
        raise Unavailable("it has none of the files")
    size = sum(stated[name].bytes for name in names)
    said = f"Fetching {weight.name} ({readable(size)}) from {source.label}"
    # Kept where a connection breaks, so that the next try goes on; whatever else happens, nothing stays.
    partial = _made(folder.path / ".partial" / weight.name)
    try:
        folder.need_space(size - _held(partial), f"Fetching {weight.name}")
        watch = watcher(part(progress, 0.0, _DOWNLOADED), said, partial, size, taken=sum)
        fetch_files(source.repository, listing.commit, names, partial, _made(space / "tool"), watch)
        tick = ticker(part(progress, _DOWNLOADED, 1 - _DOWNLOADED), said, size)
        manifest = manifest_of(partial, names, tick)
        for entry in manifest.files:
            _check_stated(entry, stated[entry.path])
        root = _gathered(partial, names, space / "files")
        record = Record(
            source=replace(source, revision=listing.commit).label,
            repository=source.repository,
            commit=listing.commit,
            manifest=manifest,
        )
        folder.checkpoints.put(weight, root, record, space)
    except Unavailable:
        raise
    except BaseException:
        _clear(partial)
        raise
    _clear(partial)


def _from_folder(source: LocalFolder, weight: Weight, folder: WeightFolder, space: Path, progress: Progress) -> None:
    origin = source.path
    if not origin.is_dir():
        raise Unavailable("there is no such folder")
    names = found(origin, weight.include)
    if not names:
        raise Unavailable("it has none of the files")
    try:
        size = sum((origin / name).stat().st_size for name in names)
        if source.link:
            said = f"Checking {weight.name} ({readable(size)}) in {source.label}"
            manifest = manifest_of(origin, names, ticker(progress, said, size))
        else:
            folder.need_space(size, f"Copying {weight.name}")
            said = f"Copying {weight.name} ({readable(size)}) from {source.label}"
            tick = ticker(progress, said, size)
            manifest = checked(
                Entry(path=name, bytes=copied.bytes, sha256=copied.sha256)
                for name in names
                for copied in [copy(origin / name, space / "files" / name, tick)]
            )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Unavailable((error.strerror or "it cannot be read").lower()) from error
    record = Record(source=source.label, linked=str(origin) if source.link else "", manifest=manifest)
    folder.checkpoints.put(weight, origin if source.link else space / "files", record, space)


def _check_stated(entry: Entry, stated: HubEntry) -> None:
    if entry.bytes != stated.bytes:
        raise Damaged(f"{entry.path} has {entry.bytes} bytes where the hub states {stated.bytes}")
    if stated.sha256 and entry.sha256 != stated.sha256:
        raise Damaged(f"{entry.path} has the SHA-256 {entry.sha256} where the hub states {stated.sha256}")


def _gathered(partial: Path, names: Sequence[str], target: Path) -> Path:
    """Files moved to a folder of their own: the tool keeps notes beside them."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).rename(target / name)
    return target


def _clear(partial: Path) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    with suppress(OSError):
        # Of another weight something may be left.
        partial.parent.rmdir()


def _held(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
