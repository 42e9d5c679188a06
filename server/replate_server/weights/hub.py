"""Fetching from the Hugging Face hub, by huggingface_hub in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ValidationError

from replate.errors import Unavailable
from replate_server.weights.fetch import run_tool
from replate_server.weights.weight import HubFile, HubFolder

_LIST = """
import json, sys
from huggingface_hub import HfApi
repository, revision, target = sys.argv[1:]
info = HfApi().model_info(repository, revision=revision, files_metadata=True)
files = [
    {"path": file.rfilename, "bytes": file.size, "sha256": file.lfs.sha256 if file.lfs else ""}
    for file in info.siblings
]
with open(target, "w", encoding="utf-8") as output:
    json.dump({"commit": info.sha, "files": files}, output)
"""

_FETCH = """
import sys
from concurrent.futures import ThreadPoolExecutor
from huggingface_hub import hf_hub_download
repository, revision, target, *files = sys.argv[1:]
fetch = lambda file: hf_hub_download(repository, file, revision=revision, local_dir=target)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(fetch, files))
"""


class HubEntry(BaseModel):
    """A file of a repository, as the hub states it."""

    path: str
    bytes: int
    sha256: str
    """Empty for a small file, which the hub keeps in git."""


class HubListing(BaseModel):
    commit: str
    files: list[HubEntry]


def list_repository(source: HubFolder, folder: Path, watch: Callable[[], None]) -> HubListing:
    """What a repository has at a revision; `folder` is empty. Raises as `fetch_files`."""
    target = folder / "listing.json"
    _run(_LIST, [source.repository, source.revision, str(target)], folder, watch)
    try:
        return HubListing.model_validate_json(target.read_bytes())
    except ValidationError as error:
        raise Unavailable("it does not say what it has") from error


def fetch_files(
    repository: str, revision: str, files: Sequence[str], target: Path, folder: Path, watch: Callable[[], None]
) -> None:
    """Downloads files of a repository under `target`, each at its path; those that are there already are kept.

    What the tool writes beside them goes into `folder`. Raises `Unavailable`, `Damaged` or `Exhausted` with the
    reason, in a few words.
    """
    _run(_FETCH, [repository, revision, str(target), *files], folder, watch)


def fetch_file(source: HubFile, folder: Path, watch: Callable[[], None]) -> Path:
    """Downloads a file of the hub into an empty folder, returns its path. Raises as `fetch_files`."""
    downloads = folder / "download"
    downloads.mkdir(parents=True)
    fetch_files(source.repository, source.revision, [source.file], downloads, folder, watch)
    return downloads / source.file


def _run(script: str, arguments: Sequence[str], folder: Path, watch: Callable[[], None]) -> None:
    if find_spec("huggingface_hub") is None:
        raise Unavailable("huggingface_hub is not installed beside the server")
    own = {"HF_XET_CACHE": str(folder / "xet"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    run_tool([sys.executable, "-c", script, *arguments], folder, watch, own)
